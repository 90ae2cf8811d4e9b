<?php

declare(strict_types=1);

namespace Highper\Db\Console;

use Highper\{Application, Db};
use Highper\Attribute\{Command, Option};
use Highper\Console\Output;
use Highper\Db\Migrator;

#[Command('migrate:status', 'Shows which migrations were done.')]
final readonly class Status
{
    public function __construct(private Application $app, private Db $db, private Output $output)
    {
    }

    public function handle(#[Option('Their folder.')] string $path = 'migrations'): int
    {
        $migrator = new Migrator($this->db, $this->app->basePath($path));
        $all = $migrator->status();
        if ($all === []) {
            $this->output->line("There are no migrations in {$path}.");

            return 0;
        }
        $this->output->table(['Migration', 'Batch'], array_map(static fn (string $name, int $batch): array => [$name, match (true) {
            $batch === 0 => 'to be done',
            ! $migrator->has($name) => "{$batch}, its file is gone",
            default => (string) $batch,
        }], array_keys($all), $all));

        return in_array(0, $all, true) ? 1 : 0;
    }
}
