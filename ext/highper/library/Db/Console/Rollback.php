<?php

declare(strict_types=1);

namespace Highper\Db\Console;

use Highper\{Application, Db};
use Highper\Attribute\{Command, Option};
use Highper\Console\Output;
use Highper\Db\Migrator;

#[Command('migrate:rollback', 'Undoes what the last migrate has done.')]
final readonly class Rollback
{
    public function __construct(private Application $app, private Db $db, private Output $output)
    {
    }

    public function handle(#[Option('Their folder.')] string $path = 'migrations', #[Option('The last so many, instead of all of the last migrate.')] int $steps = 0): int
    {
        $done = (new Migrator($this->db, $this->app->basePath($path)))->rollback(fn (string $name, float $seconds) => $this->output->info(sprintf('%s: undone in %.0f ms', $name, $seconds * 1000)), $steps);
        $done === [] && $this->output->line('There is nothing to undo.');

        return 0;
    }
}
