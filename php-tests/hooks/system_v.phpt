--TEST--
System V semaphores and message queues: who waits lets the others run, and can be cancelled
--EXTENSIONS--
highper
sysvsem
sysvmsg
pcntl
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use Swoole\Coroutine;
use function Swoole\Coroutine\{go, run};

$semaphore = sem_get($key = ftok(__FILE__, 's') ^ getmypid());
$queue = msg_get_queue($key);
// A process holds the semaphore first, and sends later.
$child = pcntl_fork();
if ($child === 0) {
    $mine = sem_get($key);
    sem_acquire($mine);
    msg_send($queue, 1, 'held');
    usleep(100_000);
    msg_send($queue, 2, ['from' => 'a process']);
    sem_release($mine);
    posix_kill(getmypid(), SIGKILL);
}
msg_receive($queue, 1, $kind, 100, $message);
run(static function () use ($semaphore, $queue, $key, &$order) {
    $ticks = 0;
    $over = false;
    go(static function () use (&$ticks, &$over) { while (! $over) { Coroutine::sleep(0.005); $ticks++; } });
    $inside = 0;
    $most = 0;
    $group = new Coroutine\WaitGroup();
    for ($i = 0; $i < 5; $i++) {
        $group->add();
        go(static function () use ($semaphore, $group, &$inside, &$most) {
            sem_acquire($semaphore);
            $most = max($most, ++$inside);
            Coroutine::sleep(0.01);
            $inside--;
            sem_release($semaphore);
            $group->done();
        });
    }
    msg_receive($queue, 2, $kind, 1000, $message);
    check('a message of a process', $message, ['from' => 'a process']);
    $group->wait();
    check('one inside at a time', $most, 1);
    check('others ran', $ticks > 1 ?: $ticks);
    go(static function () use ($queue) { Coroutine::sleep(0.02); msg_send($queue, 3, 'from a coroutine'); });
    msg_receive($queue, 3, $kind, 1000, $message);
    check('a message of a coroutine', $message, 'from a coroutine');
    $id = go(static function () use ($queue) { check('cancelled', msg_receive($queue, 4, $kind, 1000, $message, error_code: $code) ?: $code, 125); });
    Coroutine::sleep(0.01);
    Coroutine::cancel($id);
    sem_acquire($semaphore);
    check('not to be had', sem_acquire($semaphore, true), false);
    $id = go(static function () use ($semaphore) { check('cancelled, a semaphore', @sem_acquire($semaphore), false); });
    Coroutine::sleep(0.01);
    Coroutine::cancel($id);
    Coroutine::sleep(0.01);
    sem_release($semaphore);
    $over = true;
});
pcntl_waitpid($child, $status);
sem_remove($semaphore);
msg_remove_queue($queue);
?>
--EXPECT--
ok: a message of a process
ok: one inside at a time
ok: others ran
ok: a message of a coroutine
ok: cancelled
ok: not to be had
ok: cancelled, a semaphore
