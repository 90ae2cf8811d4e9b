<?php
// Bodies, heads and targets beyond the limits.

require __DIR__ . '/../support/http.php';

serve(['package_max_length' => 100_000, 'http_parse_cookie' => true], function ($request, $response) {
    echo $request->server['request_method'], ' ', strlen($request->rawContent()), ' ', count($request->header), "\n";
    $response->end('handled');
}, function (Client $c) {
    $c->show('body below the limit', $c->request('POST /', [], str_repeat('x', 90_000)));
    $c->show('length beyond the limit', $c->raw("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n"));
    $c->show('chunks beyond the limit', $c->raw("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" . str_repeat("2710\r\n" . str_repeat('y', 10_000) . "\r\n", 11) . "0\r\n\r\n"));
    $c->show('long target', $c->request('GET /' . str_repeat('a', 5_000)));
    $c->show('100 headers', $c->request('GET /', array_map(fn ($i) => "X-$i: $i", range(1, 100))));
    $c->show('head of 20 KB', $c->request('GET /', ['X-Long: ' . str_repeat('z', 20_000)]));
});
