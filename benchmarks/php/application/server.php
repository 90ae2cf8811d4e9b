<?php
/**
 * The framework's side of the routed benchmark.
 *
 *     php server.php --listen 127.0.0.1:PORT --workers 1
 */

use Highper\Application;

require __DIR__ . '/src/NoteController.php';
require __DIR__ . '/src/ServerTiming.php';

exit(Application::create(basePath: __DIR__)
    ->scan('Bench\\', 'src')
    ->run($argv));
