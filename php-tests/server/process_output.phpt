--TEST--
Process mode: 32 MB in parts to a client that reads late, and what other processes send meanwhile; a worker waits, and nothing is lost
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\{HttpClient, Server};

$code = <<<'PHP'
    <?php
    $server = new Swoole\Http\Server('127.0.0.1', (int) $argv[1], SWOOLE_PROCESS);
    $server->set(['worker_num' => 1, 'http_compression' => false, 'enable_coroutine' => (bool) $argv[2]]);
    $server->on('request', function ($request, $response) {
        if ($request->server['request_uri'] === '/short') {
            $response->end('short');
            return;
        }
        foreach (range(0, 31) as $part) {
            $response->write(str_repeat(chr(65 + $part), 1 << 20));
        }
        $response->end();
    });
    $server->start();
    PHP;
$wanted = md5(implode('', array_map(fn ($part) => str_repeat(chr(65 + $part), 1 << 20), range(0, 31))));
foreach (['in coroutines' => '1', 'in plain calls' => ''] as $how => $coroutines) {
    $server = Server::start($code, [$coroutines]);
    $slow = new HttpClient($server->port, 20);
    $slow->send('GET', '/long');
    check("{$how}: others are served meanwhile", $server->get('/short')->body, 'short');
    check("{$how}: all of it arrives", md5($slow->receive()->body), $wanted);
    check("{$how}: the same connection goes on", $slow->request('GET', '/short')->body, 'short');
    check("{$how}: exit code", $server->stop(), 0);
}
--EXPECT--
ok: in coroutines: others are served meanwhile
ok: in coroutines: all of it arrives
ok: in coroutines: the same connection goes on
ok: in coroutines: exit code
ok: in plain calls: others are served meanwhile
ok: in plain calls: all of it arrives
ok: in plain calls: the same connection goes on
ok: in plain calls: exit code
