--TEST--
The static handler: lists of folders (http_autoindex) and changed paths (url_rewrite_rules)
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path};
use HighperTest\{HttpClient, Server};

$root = temp_path('listed');
mkdir("{$root}/sub/deeper", 0777, true);
mkdir("{$root}/with-index");
mkdir("{$root}/.git");
foreach (['a.txt', '.env', 'x.php', '<b>&"\'.txt', 'sub/c d.txt', 'with-index/index.html', 'sub/7.html'] as $name) {
    file_put_contents("{$root}/{$name}", "file {$name}");
}
$code = <<<'PHP'
    <?php
    $http = new Swoole\Http\Server('127.0.0.1', (int) $argv[1], SWOOLE_BASE);
    $http->set(['worker_num' => 1, 'document_root' => getenv('TEST_TMP') . '/listed', 'enable_static_handler' => true] + json_decode(getenv('MORE'), true));
    $http->on('request', fn ($q, $r) => $r->end('handler ' . $q->server['request_uri']));
    $http->start();
    PHP;
$server = Server::start($code, environment: ['MORE' => json_encode(['http_autoindex' => true, 'http_index_files' => ['index.html']])]);
$c = new HttpClient($server->port);
$links = function (string $path) use ($c): array {
    $answer = $c->request('GET', $path);
    preg_match_all('~<a href="([^"]*)">([^<]*)</a>~', $answer->body, $found, PREG_SET_ORDER);

    return [$answer->status, $answer->header('content-type'), ...array_map(fn ($one) => "{$one[1]} {$one[2]}", $found)];
};
check('the root', $links('/'), [200, 'text/html; charset=utf-8', '/sub/ sub/', '/with-index/ with-index/',
    '/%3Cb%3E&amp;%22&#39;.txt &lt;b&gt;&amp;&quot;&#39;.txt', '/a.txt a.txt']);
check('a folder without its slash', $links('/sub'), [200, 'text/html; charset=utf-8', '/ ../', '/sub/deeper/ deeper/', '/sub/7.html 7.html', '/sub/c%20d.txt c d.txt']);
check('an empty one', $links('/sub/deeper/'), [200, 'text/html; charset=utf-8', '/sub/ ../']);
check('one with an index', $c->request('GET', '/with-index/')->body, 'file with-index/index.html');
check('hidden ones are not listed', $c->request('GET', '/.git/')->body, 'handler /.git/');
check('others are the handler\'s', $c->request('GET', '/none/')->body, 'handler /none/');
$head = $c->request('HEAD', '/sub/');
check('HEAD', [$head->status, $head->body, $head->header('content-length') > 100], [200, '', true]);
$c->close();
check('exit code', $server->stop(), 0);

$server = Server::start($code, environment: ['MORE' => json_encode(['static_handler_locations' => ['/sub'],
    'url_rewrite_rules' => ['~^/post/(\d+)$~' => '/sub/$1.html', '/old/' => '/sub/', '~/up~' => '/sub/..']])]);
$c = new HttpClient($server->port);
$got = fn (string $path) => [($answer = $c->request('GET', $path))->status, trim($answer->body)];
check('a pattern', $got('/post/7'), [200, 'file sub/7.html']);
check('a pattern, no file', $got('/post/8'), [404, 'Not Found']);
check('a pattern that does not fit', $got('/post/x'), [200, 'handler /post/x']);
check('a beginning', $got('/old/7.html'), [200, 'file sub/7.html']);
check('not in the middle', $got('/very/old/7.html'), [200, 'handler /very/old/7.html']);
check('no way out of the folder', $got('/up/../.env')[0], 404);
$c->close();
check('exit code', $server->stop(), 0);

foreach (['{"url_rewrite_rules": {"~(~": "/x"}}' => "the setting url_rewrite_rules has the pattern '~(~', which is no regular expression", '{"url_rewrite_rules": "x"}' => 'The `url_rewrite_rules` must be array'] as $more => $text) {
    $wrong = Server::start($code, environment: ['MORE' => $more], wait: false);
    $wrong->waitForEnd();
    check($more, str_contains($wrong->log(), $text) ?: $wrong->log());
}
--EXPECTREGEX--
\A(?:ok: [^\n]*\n){16}ok: [^\n]*\s*\Z
