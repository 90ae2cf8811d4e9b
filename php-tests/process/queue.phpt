--TEST--
Swoole\Process: message queues: shared, kept apart by number, without waiting, removed
--FILE--
<?php
use Swoole\{Constant, Process};

$key = 0x7e000000 | getmypid();
$child = new Process(function (Process $own) {
    $own->push('answer to ' . $own->pop());
}, false, 0);
var_dump($child->useQueue($key, SWOOLE_MSGQUEUE_ORIENT), $child->msgQueueKey === $key, is_int($child->msgQueueId));
var_dump($child->push('question'), $child->statQueue());
$child->start();
Process::wait();
var_dump($child->pop());

$other = new Process(function () {});
$other->useQueue($key, SWOOLE_MSGQUEUE_ORIENT | Process::IPC_NOWAIT);
$child->push('not for the other');
var_dump($other->pop());
$all = new Process(function () {});
$all->useQueue($key, SWOOLE_MSGQUEUE_BALANCE | Process::IPC_NOWAIT);
var_dump($all->pop(), $all->pop());
var_dump($all->push(''), $all->push(str_repeat('x', 65536)));
var_dump($child->freeQueue(), $child->freeQueue(), $child->pop(), $other->push('gone'));
var_dump(Constant::EVENT_WORKER_START);
?>
--EXPECTF--
bool(true)
bool(true)
bool(true)
bool(true)
array(2) {
  ["queue_num"]=>
  int(1)
  ["queue_bytes"]=>
  int(8)
}
string(18) "answer to question"
bool(false)
string(17) "not for the other"
bool(false)

Warning: Swoole\Process::push(): the data to push is empty in %s on line %d

Warning: Swoole\Process::push(): the data to push is too big in %s on line %d
bool(false)
bool(false)

Warning: Swoole\Process::pop(): no msgqueue, cannot use pop() in %s on line %d

Warning: Swoole\Process::push(): msgsnd(%d, 4) failed, Error: Invalid argument[22] in %s on line %d
bool(true)
bool(false)
bool(false)
bool(false)
string(11) "workerStart"
