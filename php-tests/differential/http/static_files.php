<?php
// The static handler: found, missing, not modified, outside.

require __DIR__ . '/../support/http.php';

$root = sys_get_temp_dir() . '/root';
@mkdir("$root/dir/inner", 0777, true);
file_put_contents("$root/page.html", '<p>page</p>');
file_put_contents("$root/style.css", 'p{}');
file_put_contents("$root/data.json", '{}');
file_put_contents("$root/unknown.xyz", 'x');
file_put_contents("$root/with space.txt", 'space');
file_put_contents("$root/.hidden", 'hidden');
file_put_contents("$root/dir/index.html", 'index');
file_put_contents("$root/ten.txt", '0123456789');
file_put_contents(dirname($root) . '/secret.txt', 'secret');
foreach (glob("$root/*") as $path) {
    touch($path, 1700000000);
}

serve(['document_root' => $root, 'enable_static_handler' => true], function ($request, $response) {
    $response->status(404);
    $response->end('handler: ' . $request->server['request_uri']);
}, function (Client $c) {
    foreach (['/page.html', '/style.css', '/data.json', '/unknown.xyz', '/with%20space.txt', '/.hidden', '/none.html', '/dir', '/dir/', '/',
        '/../secret.txt', '/%2e%2e/secret.txt', '/page.html?x=1', '/page.html/', '/%00page.html'] as $path) {
        $c->ask("GET $path");
    }
    $c->ask('HEAD /page.html');
    $c->ask('POST /page.html', [], 'x');
    $c->ask('GET /page.html', ['If-Modified-Since: Tue, 14 Nov 2023 22:13:20 GMT']);
    $c->ask('GET /page.html', ['If-Modified-Since: Tue, 14 Nov 2000 22:13:20 GMT']);
    $c->ask('GET /page.html', ['If-Modified-Since: nonsense']);
    foreach (['bytes=0-3', 'bytes=4-', 'bytes=-3', 'bytes=20-30', 'bytes=5-2', 'items=0-1', 'bytes=0-1,4-5'] as $range) {
        $answer = $c->request('GET /ten.txt', ["Range: $range"]);
        if (preg_match('/boundary=([^\r]+)/', $answer, $found)) {
            $answer = str_replace($found[1], '%BOUNDARY%', $answer);
        }
        $c->show("Range: $range", $answer);
    }
});
