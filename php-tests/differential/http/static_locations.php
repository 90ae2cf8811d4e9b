<?php
// Static files only below the named locations; index files.

require __DIR__ . '/../support/http.php';

$root = sys_get_temp_dir() . '/root';
@mkdir("$root/assets/sub", 0777, true);
@mkdir("$root/private", 0777, true);
file_put_contents("$root/assets/a.txt", 'a');
file_put_contents("$root/assets/index.html", 'index of assets');
file_put_contents("$root/private/b.txt", 'b');

serve(['document_root' => $root, 'enable_static_handler' => true, 'static_handler_locations' => ['/assets'],
    'http_index_files' => ['index.html', 'index.txt']], function ($request, $response) {
    $response->end('handler: ' . $request->server['request_uri']);
}, function (Client $c) {
    foreach (['/assets/a.txt', '/assets/none.txt', '/assets/', '/assets', '/assets/sub/', '/private/b.txt', '/assets2'] as $path) {
        $answer = $c->request("GET $path");
        $c->show("GET $path", preg_replace('/\r\nLast-Modified: [^\r]+/', '', $answer));
    }
});
