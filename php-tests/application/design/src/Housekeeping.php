<?php

declare(strict_types=1);

namespace App;

use Highper\Attribute\Cron;
use Highper\Db;

final class Housekeeping
{
    #[Cron('* * * * * *', overlap: false)]
    public function prune(Db $db): void
    {
        $db->execute("DELETE FROM notes WHERE title = 'old'");
    }
}
