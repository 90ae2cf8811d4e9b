<?php
// Multipart forms: $request->files, $request->post, and when the files go.

require __DIR__ . '/../support/http.php';

serve(['upload_tmp_dir' => sys_get_temp_dir()], function ($request, $response) {
    static $last = null;
    if ($request->server['request_uri'] === '/gone') {
        var_dump($last !== null && file_exists($last));
        $response->end();
        return;
    }
    $files = $request->files;
    array_walk_recursive($files, function (&$value, $key) use (&$last) {
        if ($key === 'tmp_name' && $value !== '') {
            $last = $value;
            $value = [is_uploaded_file($value), strlen(file_get_contents($value)), dirname($value) === sys_get_temp_dir(), md5_file($value)];
        }
    });
    echo json_encode($files, JSON_PRETTY_PRINT), "\n", json_encode($request->post), "\n";
    echo json_encode(count($request->tmpfiles ?? [])), ' ', strlen($request->rawContent()), "\n";
    $response->end();
}, function (Client $c) {
    $part = fn (string $disposition, string $body, string $type = '') =>
        "--sep\r\nContent-Disposition: form-data; $disposition\r\n" . ($type ? "Content-Type: $type\r\n" : '') . "\r\n$body\r\n";
    $send = fn (string ...$parts) => $c->show('upload',
        $c->request('POST /', ['Content-Type: multipart/form-data; boundary=sep'], implode('', $parts) . "--sep--\r\n"));
    $send($part('name="field"', 'value'), $part('name="file"; filename="a.txt"', 'content', 'text/plain'));
    $c->request('GET /gone');
    $send($part('name="f[]"; filename="1.txt"', 'one', 'text/plain'), $part('name="f[]"; filename="2.bin"', str_repeat("\x00", 5000), 'application/octet-stream'));
    $send($part('name="deep[x][y]"; filename="d.txt"', 'deep', 'text/plain'), $part('name="a[]"', '1'), $part('name="a[]"', '2'));
    $send($part('name="empty"; filename=""', '', 'application/octet-stream'));
    $send($part('name="untyped"; filename="u"', 'x'));
    $send($part('name="zero"; filename="zero.txt"', '', 'text/plain'));
    $send($part('name="path"; filename="../../etc/passwd"', 'p', 'text/plain'));
    $send($part('name="big"; filename="big.bin"', str_repeat('0123456789', 30000), 'application/octet-stream'));
});
