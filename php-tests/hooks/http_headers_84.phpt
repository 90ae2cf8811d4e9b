--TEST--
The headers of the last HTTP stream are the coroutine's own
--SKIPIF--
<?php if (PHP_VERSION_ID < 80400) die('skip http_get_last_response_headers() came with PHP 8.4'); ?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\Server;

$server = Server::start(<<<'PHP'
    <?php
    $http = new Swoole\Http\Server('127.0.0.1', (int) $argv[1]);
    $http->set(['worker_num' => 1]);
    $http->on('request', function ($q, $r) {
        Swoole\Coroutine::sleep((float) $q->get['wait']);
        $r->header('X-Who', $q->get['who']);
        $r->end('body');
    });
    $http->start();
    PHP);
$who = fn () => array_values(preg_grep('/^X-Who/', http_get_last_response_headers() ?? []))[0] ?? null;
$seen = [];
Swoole\Runtime::enableCoroutine();
Swoole\Coroutine\run(function () use ($server, $who, &$seen) {
    foreach (['a' => 0.02, 'b' => 0.06, 'c' => 0.04] as $name => $wait) {
        go(function () use ($server, $who, &$seen, $name, $wait) {
            $seen[$name][] = $who();
            file_get_contents("http://127.0.0.1:{$server->port}/?who=$name&wait=$wait");
            Swoole\Coroutine::sleep(0.1);
            $seen[$name][] = $who();
        });
    }
});
ksort($seen);
check('each sees its own', $seen, ['a' => [null, 'X-Who: a'], 'b' => [null, 'X-Who: b'], 'c' => [null, 'X-Who: c']]);
check('and nobody else any', $who(), null);
$server->stop();
?>
--EXPECT--
ok: each sees its own
ok: and nobody else any
