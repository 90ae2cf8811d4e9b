<?php

declare(strict_types=1);

namespace Highper\Db\Console;

use Highper\{Application, Db};
use Highper\Attribute\{Argument, Command, Option};
use Highper\Console\Output;
use Highper\Db\Migrator;

#[Command('make:migration', 'Writes a file for a new migration.')]
final readonly class Make
{
    public function __construct(private Application $app, private Db $db, private Output $output)
    {
    }

    public function handle(#[Argument('Such as create_notes or add_owner_to_notes.')] string $name, #[Option('Their folder.')] string $path = 'migrations'): int
    {
        $file = (new Migrator($this->db, $this->app->basePath($path)))->make($name);
        $this->output->info("{$path}/" . basename($file));

        return 0;
    }
}
