<?php
// Request::create() and parse(): a request without a connection.

require __DIR__ . '/../support/http.php';

use Swoole\Http\Request;

serve([], function ($request, $response) {
    $request = Request::create(['parse_cookie' => true, 'parse_body' => true, 'parse_files' => true]);
    $first = "POST /path?a=1 HTTP/1.1\r\nHost: x\r\nCookie: c=d\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 7\r\n\r\n";
    var_dump($request->isCompleted(), $request->parse($first) === strlen($first), $request->isCompleted());
    var_dump($request->parse('b=2&c=3'), $request->isCompleted(), $request->getMethod());
    var_dump($request->header, $request->get, $request->post, $request->cookie);
    echo json_encode(array_diff_key($request->server, ['request_time' => 1, 'request_time_float' => 1])), "\n";
    var_dump($request->getContent(), $request->getData());
    var_dump(Request::create()->parse("broken\r\n\r\n"));
    $response->end();
}, function (Client $c) {
    $c->ask('GET /');
});
