<?php
// getData() gives the bytes of the request.

require __DIR__ . '/../support/http.php';

serve([], function ($request, $response) {
    var_dump($request->getData(), $request->getMethod(), $request->isCompleted());
    $response->end();
}, function (Client $c) {
    $c->request('GET /a?b=c', ['X-One: 1']);
    $c->request('POST /', ['Content-Type: text/plain'], 'the body');
});
