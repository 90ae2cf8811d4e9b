<?php
// Request bodies in chunks.

require __DIR__ . '/../support/http.php';

serve([], function ($request, $response) {
    echo json_encode($request->rawContent()), ' ', json_encode($request->post), ' ', json_encode($request->header), "\n";
    $response->end('ok');
}, function (Client $c) {
    $head = "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n";
    $c->show('two chunks', $c->raw("$head\r\n3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n"));
    $c->show('none', $c->raw("$head\r\n0\r\n\r\n"));
    $c->show('form', $c->raw("{$head}Content-Type: application/x-www-form-urlencoded\r\n\r\n7\r\na=1&b=2\r\n0\r\n\r\n"));
    $c->show('extension', $c->raw("$head\r\n3;name=value\r\nabc\r\n0\r\n\r\n"));
    $c->show('trailer', $c->raw("$head\r\n3\r\nabc\r\n0\r\nX-Trailer: t\r\n\r\n"));
    $c->show('upper case', $c->raw(str_replace('chunked', 'CHUNKED', $head) . "\r\n3\r\nabc\r\n0\r\n\r\n"));
});
