--TEST--
Process mode: the manager answers a request whose worker does not come to it, and ends that worker; a stream is answered in HTTP
--EXTENSIONS--
posix
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, free_port, wait_until};
use HighperTest\{HttpClient, Server};

$raw = free_port();
$server = Server::start(<<<'PHP'
    <?php
    $table = new Swoole\Table(64);
    $table->column('pid', Swoole\Table::TYPE_INT);
    $table->column('fd', Swoole\Table::TYPE_INT);
    $table->create();
    $server = new Swoole\Http\Server('127.0.0.1', (int) $argv[1], SWOOLE_PROCESS);
    $server->set(['worker_num' => 1, 'enable_coroutine' => false]);
    $server->on('start', function ($server) use ($table) {
        Swoole\Timer::tick(50, function () use ($server, $table) {
            foreach ($table as $key => $row) {
                $table->del($key);
                $response = Swoole\Http\Response::create($server, $row['fd']);
                $response->status(408);
                $response->header('x-of', 'the manager');
                $response->end('too late');
                Swoole\Process::kill($row['pid'], SIGKILL);
            }
        });
    });
    $server->on('request', function ($request, $response) use ($server, $table) {
        if ($request->server['request_uri'] === '/stuck') {
            $table->set((string) $request->fd, ['pid' => $server->worker_pid, 'fd' => $request->fd]);
            while (true) { usleep(1000); }
        }
        $response->end((string) $server->worker_pid);
    });
    $stream = $server->listen('127.0.0.1', (int) getenv('RAW'), SWOOLE_SOCK_TCP);
    $stream->set(['open_http_protocol' => false]);
    $stream->on('receive', function ($server, $fd) {
        $response = Swoole\Http\Response::create($server, $fd);
        $response->header('x-of', 'a stream');
        $response->end('raw');
    });
    $server->start();
    PHP, environment: ['RAW' => (string) $raw]);
$pid = $server->get('/')->body;
$client = new HttpClient($server->port);
$answer = $client->request('GET', '/stuck');
check('the answer', [$answer->status, $answer->header('x-of'), $answer->header('connection'), $answer->body], [408, 'the manager', 'close', 'too late']);
check('another worker', wait_until(fn () => !in_array($other = $server->get('/')->body, ['', $pid], true), 'another worker'));
$answer = (new HttpClient($raw))->request('GET', '/');
check('a stream', [$answer->status, $answer->header('x-of'), $answer->body], [200, 'a stream', 'raw']);
check('exit code', $server->stop(), 0);
--EXPECT--
ok: the answer
ok: another worker
ok: a stream
ok: exit code
