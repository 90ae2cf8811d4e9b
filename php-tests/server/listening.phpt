--TEST--
What the socket that listens is told: backlog, tcp_defer_accept, tcp_fastopen
--EXTENSIONS--
sockets
--SKIPIF--
<?php
if (exec('ss -V 2>/dev/null') === '') {
    die('skip ss is not installed');
}
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\Server;

$code = <<<'PHP'
    <?php
    $server = new Swoole\Http\Server('127.0.0.1', (int) $argv[1]);
    $server->set(['worker_num' => 1] + json_decode($argv[2], true));
    $server->on('request', function ($request, $response) use ($server, $argv) {
        $socket = $server->getSocket();
        preg_match('/^LISTEN\s+\d+\s+(\d+)/m', shell_exec("ss -ltnH 'sport = :{$argv[1]}'"), $found);
        // TCP_DEFER_ACCEPT, TCP_FASTOPEN
        $response->end(json_encode([(int) $found[1], socket_get_option($socket, SOL_TCP, 9) > 0, socket_get_option($socket, SOL_TCP, 23)]));
    });
    $server->start();
    PHP;
foreach (['nothing' => [[], [512, false, 0]], 'backlog' => [['backlog' => 17], [17, false, 0]],
    'the others' => [['tcp_defer_accept' => 2, 'tcp_fastopen' => true], [512, true, 1]]] as $name => [$settings, $wanted]) {
    $server = Server::start($code, [json_encode($settings)]);
    check($name, json_decode($server->get('/')->body, true), $wanted);
    check('exit code', $server->stop(), 0);
}
--EXPECT--
ok: nothing
ok: exit code
ok: backlog
ok: exit code
ok: the others
ok: exit code
