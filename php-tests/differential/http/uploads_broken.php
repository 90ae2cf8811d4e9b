<?php
// Multipart bodies that are not well-formed.

require __DIR__ . '/../support/http.php';

serve([], function ($request, $response) {
    echo json_encode(array_map(fn ($f) => array_diff_key($f, ['tmp_name' => 1]), $request->files ?? [])), ' ', json_encode($request->post), "\n";
    $response->end('handled');
}, function (Client $c) {
    $type = 'Content-Type: multipart/form-data; boundary=';
    $good = "--sep\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n";
    $c->show('no boundary', $c->request('POST /', ['Content-Type: multipart/form-data'], "$good--sep--\r\n"));
    $c->show('quoted boundary', $c->request('POST /', [$type . '"sep"'], "$good--sep--\r\n"));
    $c->show('another boundary', $c->request('POST /', [$type . 'other'], "$good--sep--\r\n"));
    $c->show('no end', $c->request('POST /', [$type . 'sep'], $good));
    $c->show('no name', $c->request('POST /', [$type . 'sep'], "--sep\r\nContent-Disposition: form-data\r\n\r\n1\r\n--sep--\r\n"));
    $c->show('empty', $c->request('POST /', [$type . 'sep'], "--sep--\r\n"));
    $c->show('still alive', $c->request('POST /', [$type . 'sep'], "$good--sep--\r\n"));
});
