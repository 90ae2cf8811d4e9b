<?php
// Requests that are none.

require __DIR__ . '/../support/http.php';

serve([], function ($request, $response) {
    echo $request->server['request_method'], ' ', $request->server['request_uri'], "\n";
    $response->end('handled');
}, function (Client $c) {
    foreach ([
        'no request' => "nonsense\r\n\r\n",
        'unknown method' => "BREW / HTTP/1.1\r\nHost: x\r\n\r\n",
        'unknown version' => "GET / HTTP/3.7\r\nHost: x\r\n\r\n",
        'no version' => "GET /\r\n\r\n",
        'header without colon' => "GET / HTTP/1.1\r\nHost x\r\n\r\n",
        'space before colon' => "GET / HTTP/1.1\r\nHost : x\r\n\r\n",
        'bare line feeds' => "GET / HTTP/1.1\nHost: x\n\n",
        'length no number' => "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: abc\r\n\r\nabc",
        'length negative' => "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        'length twice' => "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        'length and chunks' => "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        'chunk size no number' => "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n",
        'folded header' => "GET / HTTP/1.1\r\nHost: x\r\nX-Folded: a\r\n b\r\n\r\n",
        'NUL in header' => "GET / HTTP/1.1\r\nHost: x\r\nX-Nul: a\x00b\r\n\r\n",
        'empty line first' => "\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n",
        'absolute target' => "GET http://localhost/abs HTTP/1.1\r\nHost: x\r\n\r\n",
        'asterisk' => "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
        'connect' => "CONNECT host:80 HTTP/1.1\r\nHost: x\r\n\r\n",
        'TLS' => "\x16\x03\x01\x02\x00\x01\x00",
        'target without slash' => "GET nothing HTTP/1.1\r\nHost: x\r\n\r\n",
        'header never ends' => "GET / HTTP/1.1\r\nHost: x\r\nX: y",
    ] as $name => $bytes) {
        $c->show($name, $c->raw($bytes));
    }
});
