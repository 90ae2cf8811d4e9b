<?php
// Answers are compressed for those who accept it.

require __DIR__ . '/../support/http.php';

serve(['http_compression' => true, 'compression_min_length' => 20], function ($request, $response) {
    switch ($request->server['request_uri']) {
        case '/short':
            $response->end('short');
            return;
        case '/chunks':
            $response->write(str_repeat('a', 100));
            $response->write(str_repeat('b', 100));
            $response->end();
            return;
        case '/encoded':
            $response->header('Content-Encoding', 'identity');
            $response->end(str_repeat('text ', 100));
            return;
        case '/image':
            $response->header('Content-Type', 'image/png');
            $response->end(str_repeat('text ', 100));
            return;
        default:
            $response->end(str_repeat('text ', 100));
    }
}, function (Client $c) {
    $ask = function (string $path, string $accept, string $method = 'GET') use ($c) {
        [$head, $body] = Client::split($c->request("$method $path", $accept === '' ? [] : ["Accept-Encoding: $accept"]));
        $head = preg_replace('/^Content-Length: .*/', 'Content-Length: %LENGTH%', $head);
        // The child has no zlib: the first bytes say which format it is.
        $kind = match (true) {
            $body === '' => 'no body',
            str_starts_with($body, "\x1f\x8b") => 'gzip',
            str_starts_with($body, "\x28\xb5\x2f\xfd") => 'zstd',
            ord($body[0]) === 0x78 => 'zlib',
            str_contains($body, 'text text') || preg_match('/^[ -~]+$/D', $body) => strlen($body) . ' plain bytes',
            default => 'other bytes',
        };
        $c->show("$method $path ($accept)", implode("\r\n", $head) . "\r\n$kind");
    };
    foreach (['gzip', 'deflate', 'br', 'gzip, deflate, br', 'identity', '', '*', 'gzip;q=0', 'br;q=0, gzip', 'GZIP'] as $accept) {
        $ask('/', $accept);
    }
    $ask('/short', 'gzip');
    $ask('/chunks', 'gzip');
    $ask('/encoded', 'gzip');
    $ask('/image', 'gzip');
    $ask('/', 'gzip', 'HEAD');
});
