--TEST--
Swoole\Process\Manager: each process has a function of its own, some in a coroutine
--FILE--
<?php
use Swoole\{Atomic, Coroutine};
use Swoole\Process\{Manager, Pool};

$done = new Atomic();
$manager = new Manager();
var_dump($manager->setIPCType(SWOOLE_IPC_UNIXSOCK) === $manager, $manager->getIPCType(), $manager->setMsgQueueKey(9)->getMsgQueueKey());
$manager->setIPCType(SWOOLE_IPC_NONE);
$end = function (Pool $pool) use ($done) { if ($done->add() === 4) $pool->shutdown(); sleep(20); };
$manager->add(function (Pool $pool, int $id) use ($end) { echo "one $id ", Coroutine::getCid(), "\n"; usleep(100000); $end($pool); });
$manager->add(function (Pool $pool, int $id) use ($end) { usleep(50000); echo "two $id ", Coroutine::getCid() > 0 ? 'in a coroutine' : '', "\n"; $end($pool); }, true);
$manager->addBatch(2, function (Pool $pool, int $id) use ($end) { usleep(100000); $end($pool); });
$manager->start();
echo "end\n";
?>
--EXPECT--
bool(true)
int(1)
int(9)
one 0 -1
two 1 in a coroutine
end
