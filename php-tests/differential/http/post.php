<?php
// Form bodies: $request->post, rawContent() and getContent().

require __DIR__ . '/../support/http.php';

serve([], function ($request, $response) {
    echo $request->getMethod(), ' ', json_encode($request->post), ' ', json_encode($request->rawContent()), ' ',
        json_encode($request->getContent()), "\n";
    $response->end();
}, function (Client $c) {
    $form = 'Content-Type: application/x-www-form-urlencoded';
    $c->request('POST /', [$form], 'a=1&b[]=2&b[]=3&c[x]=y&d=%20+z');
    $c->request('POST /', ["$form; charset=utf-8"], 'a=1');
    $c->request('POST /', ['Content-Type: APPLICATION/X-WWW-FORM-URLENCODED'], 'a=1');
    $c->request('POST /', ['Content-Type: application/json'], '{"a":1}');
    $c->request('POST /', [], 'a=1');
    $c->request('POST /', [$form, 'Content-Length: 0']);
    $c->request('PUT /', [$form], 'a=1');
    $c->request('PATCH /', ['Content-Type: text/plain'], 'patched');
    $c->request('DELETE /', [], 'deleted');
    $c->request('GET /', [$form], 'a=1');
    $c->request('POST /', ['Content-Type: application/octet-stream'], "\x01\x02\x00\x03");
});
