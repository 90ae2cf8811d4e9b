<?php
// sendfile(): whole, in part, missing, empty.

require __DIR__ . '/../support/http.php';

$file = sys_get_temp_dir() . '/sent.txt';
file_put_contents($file, implode("\n", range(1, 20)));
touch(sys_get_temp_dir() . '/empty.txt');

serve([], function ($request, $response) use ($file) {
    switch ($request->server['request_uri']) {
        case '/whole':
            var_dump($response->sendfile($file));
            break;
        case '/offset':
            var_dump($response->sendfile($file, 10));
            break;
        case '/part':
            var_dump($response->sendfile($file, 3, 5));
            break;
        case '/beyond':
            var_dump($response->sendfile($file, 1000));
            break;
        case '/too-long':
            var_dump($response->sendfile($file, 0, 1000));
            break;
        case '/missing':
            var_dump($response->sendfile($file . '.missing'));
            break;
        case '/empty':
            var_dump($response->sendfile(sys_get_temp_dir() . '/empty.txt'));
            break;
        case '/directory':
            var_dump($response->sendfile(sys_get_temp_dir()));
            break;
        case '/typed':
            $response->header('Content-Type', 'x/y');
            $response->status(203);
            var_dump($response->sendfile($file, 0, 4));
            break;
        case '/written':
            $response->write('x');
            var_dump($response->sendfile($file));
            break;
    }
    var_dump($response->isWritable());
    if ($response->isWritable()) {
        $response->status(500);
        $response->end('not sent');
    }
}, function (Client $c) {
    foreach (['whole', 'offset', 'part', 'beyond', 'too-long', 'missing', 'empty', 'directory', 'typed', 'written'] as $path) {
        $c->ask("GET /$path");
    }
    $c->ask('HEAD /whole');
});
