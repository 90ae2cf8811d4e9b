<?php
// http_parse_post, http_parse_cookie, http_parse_files and http_compression switched off.

require __DIR__ . '/../support/http.php';

serve(['http_parse_post' => false, 'http_parse_cookie' => false, 'http_parse_files' => false, 'http_compression' => false],
    function ($request, $response) {
        $files = $request->files;
        if (isset($files['f']['tmp_name'])) {
            $files['f']['tmp_name'] = strlen($files['f']['tmp_name']) > 0;
        }
        echo json_encode([$request->post, $request->cookie, $files, $request->header['cookie'] ?? null, strlen($request->rawContent())]), "\n";
        $response->end(str_repeat('x', 50));
    }, function (Client $c) {
        $c->ask('POST /', ['Content-Type: application/x-www-form-urlencoded', 'Cookie: a=b', 'Accept-Encoding: gzip'], 'a=1');
        $c->ask('POST /', ['Content-Type: multipart/form-data; boundary=s'],
            "--s\r\nContent-Disposition: form-data; name=\"f\"; filename=\"f\"\r\n\r\nx\r\n--s--\r\n");
    });
