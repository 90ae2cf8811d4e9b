<?php
/**
 * What reading files costs in a coroutine that lie in memory.
 *
 *     php files.php FOLDER
 *
 * Prints JSON: for each size in kilobytes nanoseconds per file, batch by batch.
 */

use function Swoole\Coroutine\run;

const SIZES = [4 => 2000, 64 => 1000, 1024 => 100];

run(static function () use ($argv): void {
    $costs = [];
    foreach (SIZES as $size => $turns) {
        $path = "{$argv[1]}/{$size}";
        file_put_contents($path, str_repeat('x', $size * 1024));
        sleep(2);                                          // a file that is new is taken to be there
        for ($batch = -2; $batch < 15; $batch++) {
            $begin = hrtime(true);
            for ($turn = 0; $turn < $turns; $turn++) {
                strlen(file_get_contents($path)) === $size * 1024 || throw new UnexpectedValueException($path);
            }
            $time = hrtime(true) - $begin;
            if ($batch >= 0) {
                $costs[$size][] = $time / $turns;
            }
        }
    }
    echo json_encode($costs);
});
