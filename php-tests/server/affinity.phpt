--TEST--
open_cpu_affinity: each worker runs on one processor, and not on one that cpu_affinity_ignore names
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\Server;

$code = <<<'PHP'
    <?php
    $server = new Swoole\Http\Server('127.0.0.1', (int) $argv[1]);
    $server->set(['worker_num' => 1] + json_decode($argv[2], true));
    $server->on('request', function ($request, $response) {
        preg_match('/^Cpus_allowed_list:\s*(.*)$/m', file_get_contents('/proc/self/status'), $found);
        $response->end($found[1]);
    });
    $server->start();
    PHP;
$on = function (array $settings) use ($code): string {
    $server = Server::start($code, [json_encode($settings)]);
    $list = $server->get('/')->body;
    $server->stop();
    return $list;
};
$all = $on(['open_cpu_affinity' => false]);
$one = $on(['open_cpu_affinity' => true]);
check('one processor', preg_match('/^\d+$/', $one), 1);
// Where there is but one, none is left to choose from.
$other = $on(['open_cpu_affinity' => true, 'cpu_affinity_ignore' => [(int) $one]]);
check('another one', preg_match('/^\d+$/', $all) ? $other === $all : $other !== $one);
--EXPECT--
ok: one processor
ok: another one
