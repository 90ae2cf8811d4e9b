--TEST--
task_ipc_mode with message_queue_key: tasks wait in a queue of the system, which outlives a killed server; the next one does them
--EXTENSIONS--
sysvmsg
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path, wait_until};
use HighperTest\Server;

$key = 0x48490000 | random_int(1, 0xffff);
register_shutdown_function(fn () => msg_queue_exists($key) && msg_remove_queue(msg_get_queue($key)));
$code = <<<'PHP'
    <?php
    $server = new Swoole\Http\Server('127.0.0.1', (int) $argv[1], SWOOLE_BASE);
    $server->set(['worker_num' => 1, 'task_worker_num' => 1, 'task_ipc_mode' => 2, 'message_queue_key' => (int) getenv('KEY'), 'log_level' => SWOOLE_LOG_ERROR]);
    $server->on('request', function ($request, $response) use ($server) {
        $server->task($request->get['n']);
        $response->end('taken');
    });
    $server->on('task', function ($server, $id, $from, $data) {
        file_put_contents(getenv('DONE'), "{$data}\n", FILE_APPEND);
        while (is_file(getenv('WAIT'))) { usleep(5_000); clearstatcache(); }
    });
    $server->start();
    PHP;
$environment = ['KEY' => (string) $key, 'DONE' => temp_path('done'), 'WAIT' => temp_path('wait')];
$done = fn () => array_map(intval(...), file($environment['DONE'], FILE_IGNORE_NEW_LINES) ?: []);
touch($environment['DONE']);
touch($environment['WAIT']);
$server = Server::start($code, environment: $environment);
foreach (range(1, 5) as $n) {
    $server->get("/?n={$n}");
}
wait_until(fn () => $done() === [1], 'the first task');
wait_until(fn () => msg_stat_queue(msg_get_queue($key))['msg_qnum'] === 4, 'tasks in the queue');
$server->kill();
check('what waited is there after the end', msg_stat_queue(msg_get_queue($key))['msg_qnum'], 4);
unlink($environment['WAIT']);
$server = Server::start($code, environment: $environment);
wait_until(fn () => count($done()) >= 5, 'the tasks');
check('the next server does what waited, in order, and not what had begun', $done(), [1, 2, 3, 4, 5]);
$server->get('/?n=6');
wait_until(fn () => in_array(6, $done(), true), 'a new task');
check('and goes on', $done(), [1, 2, 3, 4, 5, 6]);
check('ends', $server->stop(), 0);
?>
--EXPECT--
ok: what waited is there after the end
ok: the next server does what waited, in order, and not what had begun
ok: and goes on
ok: ends
