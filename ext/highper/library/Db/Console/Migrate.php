<?php

declare(strict_types=1);

namespace Highper\Db\Console;

use Highper\{Application, Db};
use Highper\Attribute\{Command, Option};
use Highper\Console\Output;
use Highper\Db\Migrator;

#[Command('migrate', 'Brings the database to the state of the migrations.')]
final readonly class Migrate
{
    public function __construct(private Application $app, private Db $db, private Output $output)
    {
    }

    public function handle(#[Option('Their folder.')] string $path = 'migrations', #[Option('At most so many; 0 for all.')] int $steps = 0): int
    {
        $done = (new Migrator($this->db, $this->app->basePath($path)))->migrate(fn (string $name, float $seconds) => $this->output->info(sprintf('%s: done in %.0f ms', $name, $seconds * 1000)), $steps);
        $done === [] && $this->output->line('There is nothing to migrate.');

        return 0;
    }
}
