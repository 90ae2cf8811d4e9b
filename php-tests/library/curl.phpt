--TEST--
Curl\Handler: requests, redirects, where answers go, errors
--EXTENSIONS--
highper
curl
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\Server;
use Swoole\Curl\Handler;
use function Swoole\Coroutine\{go, run};

$server = Server::start(<<<'PHP'
    <?php
    $http = new Swoole\Http\Server('127.0.0.1', (int) $argv[1]);
    $http->set(['worker_num' => 1]);
    $http->on('request', function ($q, $r) {
        $path = $q->server['request_uri'];
        $moves = ['/a/one' => 'two', '/a/two' => '/three', '/three' => "http://localhost:{$q->server['server_port']}/end?x=1", '/loop' => '/loop', '/seen' => '/end'];
        if (isset($moves[$path])) { $r->status($path === '/seen' ? 303 : 302); $r->header('Location', $moves[$path]); $r->end('moved'); return; }
        if ($path === '/gone') { $r->status(410); }
        if ($path === '/slow') { Swoole\Coroutine::sleep(0.5); }
        if ($path === '/cookies') { $r->cookie('a', '1'); $r->cookie('b', '2'); }
        $r->header('Last-Modified', 'Thu, 01 Jan 1970 00:01:00 GMT');
        $files = array_map(fn ($f) => [$f['name'], $f['type'], $f['size']], $q->files ?? []);
        $r->end(json_encode([$q->server['request_method'], $path, $q->get ?? [], $q->post ?? [], $files, array_intersect_key($q->header, array_flip(['host', 'user-agent', 'authorization', 'x-a', 'referer', 'content-type', 'cookie'])), md5($q->rawContent() ?: '')]));
    });
    $http->start();
    PHP);
$url = "http://127.0.0.1:{$server->port}";
$do = static function (array $options) use ($url): array {
    $handle = swoole_curl_init();
    swoole_curl_setopt_array($handle, $options + [CURLOPT_RETURNTRANSFER => true]);
    return [$handle, json_decode((string) swoole_curl_exec($handle), true)];
};
run(static function () use ($url, $do, $server) {
    [$handle, $got] = $do([CURLOPT_URL => "{$url}/p?q=1#f", CURLOPT_USERAGENT => 'me', CURLOPT_USERPWD => 'u:p', CURLOPT_HTTPHEADER => ['X-A: b', 'Empty:']]);
    check('get', [array_slice($got, 0, 3), $got[5]['user-agent'], $got[5]['authorization'], $got[5]['x-a']], [['GET', '/p', ['q' => '1']], 'me', 'Basic dTpw', 'b']);
    $info = swoole_curl_getinfo($handle);
    check('what is known of it', [$info['http_code'], $info['content_type'], $info['size_download'], $info['primary_ip'], $info['total_time'] > 0, swoole_curl_getinfo($handle, CURLINFO_HTTP_CODE), swoole_curl_getinfo($handle, CURLINFO_EFFECTIVE_URL), swoole_curl_errno($handle)], [200, $info['content_type'], strlen(swoole_curl_multi_getcontent($handle)), '127.0.0.1', true, 200, "{$url}/p?q=1#f", 0]);
    check('a form', [$do([CURLOPT_URL => $url, CURLOPT_POSTFIELDS => 'a=1&b=2'])[1][3], $do([CURLOPT_URL => $url, CURLOPT_POSTFIELDS => ['a' => 'x']])[1][3]], [['a' => '1', 'b' => '2'], ['a' => 'x']]);
    $file = HighperTest\temp_path('up.txt'); file_put_contents($file, 'content');
    check('a file', array_slice($do([CURLOPT_URL => $url, CURLOPT_POSTFIELDS => ['k' => 'v', 'f' => new CURLFile($file, 'text/x', 'name.txt')]])[1], 0, 5), ['POST', '/', [], ['k' => 'v'], ['f' => ['name.txt', 'text/x', 7]]]);
    $stream = fopen($file, 'r');
    $got = $do([CURLOPT_URL => $url, CURLOPT_PUT => true, CURLOPT_INFILE => $stream, CURLOPT_INFILESIZE => 4])[1];
    check('put', [$got[0], $got[6]], ['PUT', md5('cont')]);
    check('other methods', [$do([CURLOPT_URL => $url, CURLOPT_CUSTOMREQUEST => 'PATCH'])[1][0], $do([CURLOPT_URL => $url, CURLOPT_NOBODY => true])[1]], ['PATCH', null]);

    [$handle] = $do([CURLOPT_URL => "{$url}/a/one"]);
    check('a redirect that is not followed', [swoole_curl_getinfo($handle, CURLINFO_REDIRECT_URL), swoole_curl_getinfo($handle, CURLINFO_HTTP_CODE)], ["{$url}/a/two", 302]);
    [$handle, $got] = $do([CURLOPT_URL => "{$url}/a/one", CURLOPT_FOLLOWLOCATION => true, CURLOPT_AUTOREFERER => true]);
    check('one that is', [$got[1], $got[2], swoole_curl_getinfo($handle, CURLINFO_REDIRECT_COUNT), swoole_curl_getinfo($handle, CURLINFO_EFFECTIVE_URL), $got[5]['referer']], ['/end', ['x' => '1'], 3, "http://localhost:{$server->port}/end?x=1", "{$url}/three"]);
    [$handle] = $do([CURLOPT_URL => "{$url}/loop", CURLOPT_FOLLOWLOCATION => true, CURLOPT_MAXREDIRS => 4]);
    check('at most', swoole_curl_getinfo($handle, CURLINFO_REDIRECT_COUNT), 4);
    check('after a form', array_slice($do([CURLOPT_URL => "{$url}/seen", CURLOPT_POSTFIELDS => 'a=1', CURLOPT_FOLLOWLOCATION => true])[1], 0, 4), ['GET', '/end', [], []]);

    $handle = new Handler("{$url}/cookies");
    $lines = [];
    $handle->setOpt(CURLOPT_HEADERFUNCTION, function ($h, string $line) use (&$lines) { $lines[] = $line; return strlen($line); });
    $handle->setOpt(CURLOPT_HEADER, true); $handle->setOpt(CURLOPT_FILETIME, true); $handle->setOpt(CURLINFO_HEADER_OUT, true);
    $handle->setOpt(CURLOPT_COOKIEJAR, $jar = HighperTest\temp_path('jar'));
    $handle->setOpt(CURLOPT_FILE, $out = fopen('php://memory', 'w+'));
    check('into a stream', [$handle->exec(), rewind($out), str_starts_with(stream_get_contents($out), "HTTP/1.1 200 OK\r\n")], [true, true, true]);
    check('line by line', [$lines[0], in_array("last-modified: Thu, 01 Jan 1970 00:01:00 GMT\r\n", $lines, true), end($lines)], ["HTTP/1.1 200 OK\r\n", true, '']);
    check('more of it', [$handle->getInfo()['filetime'], str_starts_with($handle->getInfo()['request_header'], 'GET /cookies HTTP/1.1'), substr_count(file_get_contents($jar), ';') >= 2], [60, true, true]);
    ob_start();
    check('printed', [(new Handler("{$url}/end"))->exec(), str_contains(ob_get_clean(), '"GET","\/end"')], [true, true]);
    $handle = new Handler("{$url}/end"); $came = '';
    $handle->setOpt(CURLOPT_WRITEFUNCTION, function ($h, string $data) use (&$came) { $came .= $data; return strlen($data); });
    ob_start(); $done = $handle->exec(); ob_end_clean();
    check('piece by piece', [$done, json_decode($came)[1]], [true, '/end']);
    [, $got] = $do([CURLOPT_URL => "http://example.com:{$server->port}/named", CURLOPT_RESOLVE => ["example.com:{$server->port}:127.0.0.1"]]);
    check('an address for a name', [$got[1], $got[5]['host']], ['/named', 'example.com']);

    foreach ([[CURLOPT_URL => "{$url}/gone", CURLOPT_FAILONERROR => true], [CURLOPT_URL => 'ftp://x/'], [CURLOPT_URL => ''], [CURLOPT_URL => 'http://name.invalid/'], [CURLOPT_URL => 'http://127.0.0.1:1/'], []] as $options) {
        [$handle] = $do($options);
        echo swoole_curl_errno($handle), ': ', swoole_curl_error($handle), "\n";
    }
    $start = microtime(true);
    [$handle] = $do([CURLOPT_URL => "{$url}/slow", CURLOPT_TIMEOUT_MS => 50]);
    check('a timeout', [swoole_curl_errno($handle) !== 0, microtime(true) - $start < 0.4], [true, true]);
    foreach ([[CURLOPT_FTPPORT, 1], [CURLOPT_PROXYTYPE, CURLPROXY_SOCKS4], [CURLOPT_PROTOCOLS, CURLPROTO_FTP]] as [$option, $value]) {
        try { (new Handler())->setOpt($option, $value); } catch (Swoole\Curl\Exception $e) { echo $e->getMessage(), "\n"; }
    }
    check('refused', [@(new Handler())->setOpt(CURLOPT_FILE, 'x'), @(new Handler())->setOpt(CURLOPT_SAFE_UPLOAD, false), error_get_last()['message']], [false, false, 'swoole_curl_setopt(): Disabling safe uploads is no longer supported']);
    swoole_curl_reset($handle);
    check('as new', [swoole_curl_exec($handle), swoole_curl_error($handle)], [false, 'No URL set or URL using bad/illegal format']);
    swoole_curl_close($handle);
    check('closed', [@swoole_curl_exec($handle), error_get_last()['message'], preg_match('/^Object\(\d+\) of type \(curl\)$/', (string) $handle)], [false, 'supplied resource is not a valid cURL handle resource', 1]);
});
?>
--EXPECT--
ok: get
ok: what is known of it
ok: a form
ok: a file
ok: put
ok: other methods
ok: a redirect that is not followed
ok: one that is
ok: at most
ok: after a form
ok: into a stream
ok: line by line
ok: more of it
ok: printed
ok: piece by piece
ok: an address for a name
22: The requested URL returned error: 410 Gone
3: No URL set or URL using bad/illegal format
3: No URL set or URL using bad/illegal format
6: Could not resolve host: name.invalid
111: Connection refused
3: No URL set or URL using bad/illegal format
ok: a timeout
swoole_curl_setopt(): option[10017] is not supported
swoole_curl_setopt(): Only support following CURLOPT_PROXYTYPE values: CURLPROXY_HTTP, CURLPROXY_SOCKS5
swoole_curl_setopt(): CURLOPT_PROTOCOLS[4] is not supported
ok: refused
ok: as new
ok: closed
