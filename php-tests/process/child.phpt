--TEST--
Swoole\Process: a child runs the callback, talks by its socket, and ends with its own code
--SKIPIF--
<?php if (!extension_loaded('posix')) die('skip needs posix'); ?>
--FILE--
<?php
use Swoole\Process;

$parent = getmypid();
register_shutdown_function(function () use ($parent) {
    if (getmypid() === $parent) echo "the parent ends\n";
});

$child = new Process(function (Process $own) {
    $own->write('pid ' . getmypid());
    $own->write($own->read() . ', ' . $own->read());
    exit(3);
});
$pid = $child->start();
var_dump($pid === $child->pid, $child->read() === "pid $pid");
$child->write('one packet');
$child->write('another');
var_dump($child->read());
var_dump(Process::wait() === ['pid' => $pid, 'code' => 3, 'signal' => 0]);
var_dump(Process::wait());

// An exception of the child is not the parent's to catch.
try {
    $child = new Process(function () {
        ini_set('display_errors', '0');
        throw new Exception('inside');
    });
    $child->start();
} catch (Exception) {
    echo "caught in ", getmypid() === $parent ? 'the parent' : 'the child', "\n";
}
var_dump(Process::wait()['code']);

// A signal ends one that waits.
$child = new Process(function () { sleep(20); });
$child->start();
var_dump(Process::kill($child->pid, 0), Process::kill($child->pid, SIGKILL));
var_dump(Process::wait()['signal']);
var_dump(Process::kill($child->pid, 0), swoole_errno() === 3);

// Standard streams through the socket; a coroutine from the start.
$child = new Process(function () {
    Co::sleep(0.01);
    echo 'coroutine ', Co::getCid(), "\n";
}, true, SOCK_STREAM, true);
$child->start();
var_dump(Process::wait()['code'], $child->read());

// exit() of the object ends at once, with shutdown functions left out.
$child = new Process(function (Process $own) {
    register_shutdown_function(function () { echo "never\n"; });
    $own->exit(9);
});
$child->start();
var_dump(Process::wait()['code']);
?>
--EXPECTF--
bool(true)
bool(true)
string(19) "one packet, another"
bool(true)
bool(false)
int(255)
bool(true)
bool(true)
int(9)
bool(false)
bool(true)
int(0)
string(12) "coroutine 1
"
int(9)
the parent ends
