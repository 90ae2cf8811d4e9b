--TEST--
SIGTERM lets a request come to its end; a taken port and wrong settings are said in words
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, free_port, wait_until};
use HighperTest\{HttpClient, Server};

$code = <<<'PHP'
    <?php
    $http = new Swoole\Http\Server('127.0.0.1', (int) $argv[1]);
    $http->set(json_decode($argv[2] ?? '{}', true) + ['worker_num' => 2, 'max_wait_time' => 5]);
    $http->on('request', function ($q, $r) { Co::sleep(0.5); $r->write('a'); Co::sleep(0.2); $r->end('b'); });
    $http->on('shutdown', function () { echo "shutdown\n"; });
    $http->start();
    echo "start() came back\n";
    PHP;
$server = Server::start($code);
$client = new HttpClient($server->port);
$idle = new HttpClient($server->port);
$client->send('GET', '/');
usleep(100_000);
$server->signal(15);
check('the request under way is answered', $client->receive()->body, 'ab');
check('exit code', $server->waitForEnd(), 0);
check('shutdown event, and start() returns', str_contains($server->log(), "shutdown\n") && str_contains($server->log(), "start() came back\n"));
check('nothing was lost', str_contains($server->log(), 'lost'), false);

$taken = stream_socket_server('tcp://127.0.0.1:0');
$port = (int) substr(strrchr(stream_socket_get_name($taken, false), ':'), 1);
$second = Server::start($code, port: $port, wait: false);
check('port taken: exit code', $second->waitForEnd() !== 0);
check('port taken: the log names the port', str_contains($second->log(), (string) $port) && str_contains($second->log(), 'is taken') ?: $second->log());

$server = Server::start($code, ['{"worker_nmu": 3}']);
$server->waitForLog('ready: '); // the constructor opens the port before set() speaks
check('unknown setting', str_contains($server->log(), 'unsupported option [worker_nmu]') ?: $server->log());
$began = microtime(true);
check('idle workers end by themselves', [$server->stop(), preg_match('~killed|did not end~', $server->log())], [0, 0]);
check('at once', microtime(true) - $began < 2.5);
foreach (['{"worker_num": 0}' => 'worker_num', '{"worker_num": "many"}' => 'worker_num', '{"worker_num": 100000}' => 'worker_num',
    '{"max_wait_time": -1}' => 'max_wait_time', '{"package_max_length": []}' => 'package_max_length', '{"package_max_length": "1x"}' => 'package_max_length',
    '{"pid_file": []}' => 'pid_file', '{"pid_file": "/nonexistent/x.pid"}' => '/nonexistent', '{"log_file": "/nonexistent/x.log"}' => '/nonexistent',
    '{"user": "nosuchuser"}' => 'nosuchuser', '{"document_root": [], "enable_static_handler": true}' => 'document_root',
    '{"worker_num": 2.5}' => 'worker_num', '{"static_handler_locations": [[]], "enable_static_handler": true, "document_root": "/tmp"}' => 'static_handler_locations'] as $json => $name) {
    $server = Server::start($code, [$json], wait: false);
    try {
        $exit = $server->waitForEnd(3);
    } catch (RuntimeException) {
        $exit = 0;
    }
    check("{$json} is refused and named", $exit !== 0 && str_contains($server->log(), $name) ?: $server->log());
}
$server = Server::start($code, ['{"document_root": "/nonexistent", "enable_static_handler": true}'], wait: false);
$server->waitForLog('/nonexistent');
$server->stop();
--EXPECTREGEX--
\A(?:ok: [^\n]+\n?){22}\Z
