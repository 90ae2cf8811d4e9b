<?php

declare(strict_types=1);

namespace Notes;

use Highper\Attribute\Argument;
use Highper\Attribute\Command;
use Highper\Attribute\Option;
use Highper\Attribute\Range;
use Highper\Console\Output;

/** What Housekeeping does by the clock, by hand. */
#[Command('notes:purge', description: 'Deletes notes that nobody has changed for so many days.')]
final readonly class PurgeCommand
{
    public function __construct(private Schema $schema, private Notes $notes, private Output $output)
    {
    }

    public function handle(
        #[Argument('How many days.'), Range(min: 1)] int $days,
        #[Option('Asks nobody.', short: 'f')] bool $force = false,
    ): int {
        if (!$force && !$this->output->confirm("Delete what is older than {$days} days?")) {
            $this->output->line('Nothing was deleted.');

            return 1;
        }
        $this->schema->create();
        $this->output->info("{$this->notes->purge($days)} notes deleted");

        return 0;
    }
}
