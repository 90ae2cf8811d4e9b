<?php

declare(strict_types=1);

namespace Notes;

use Highper\Attribute\Config;
use Highper\Attribute\Cron;
use Highper\Log\Logger;

/** What is done by the clock. */
final readonly class Housekeeping
{
    public function __construct(#[Config('notes.keep_days')] private int $keepDays, private Notes $notes, private Logger $log)
    {
    }

    /** Every night: deletes what nobody has changed for too long. */
    #[Cron('0 15 3 * * *', overlap: false)]
    public function purge(): void
    {
        if ($this->keepDays <= 0) {
            return;
        }
        $count = $this->notes->purge($this->keepDays);
        $this->log->info('old notes are gone', ['count' => $count]);
    }
}
