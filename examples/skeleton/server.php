<?php

declare(strict_types=1);

exit((require __DIR__ . '/bootstrap/app.php')->run($argv));
