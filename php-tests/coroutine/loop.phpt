--TEST--
Event: turns, callbacks at each of them, writing without waiting, and who may end the loop
--EXTENSIONS--
highper
--FILE--
<?php
use Swoole\{Coroutine as Co, Event, Process, Timer};
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, patience};

// Turn by turn.
check('no loop', Event::dispatch(), false);
$fired = 0;
$tick = Timer::tick((int) patience(50), static function () use (&$fired) { $fired++; });
for ($i = 0; $i < 4; $i++) { Event::dispatch(); }
check('the first does not wait, each other for something', $fired, 3);
go(static function () use (&$fired) { Co::sleep(0.001); $fired = 'slept'; });
while (is_int($fired)) { Event::dispatch(); }
Timer::clear($tick);
Event::wait();
check('and to the end', $fired, 'slept');

// Callbacks at each turn.
check('none to take away', Event::cycle(null), false);
$order = [];
Event::cycle(static function () use (&$order) { $order[] = 'after'; if (count($order) > 4) { Event::cycle(null); Event::cycle(null, true); } });
Event::cycle(static function () use (&$order) { $order[] = 'before'; }, true);
Timer::after(5, static function () use (&$order) { $order[] = 'timer'; Event::defer(static function () use (&$order) { $order[] = 'deferred'; }); });
Event::wait();
check('in order', implode(' ', $order), 'after before timer deferred after');

// A deferred call that defers another leaves time for others.
Co\run(static function () {
    $n = 0;
    $again = static function () use (&$again, &$n) { if (++$n < 1_000_000) { Event::defer($again); } };
    Event::defer($again);
    Co::sleep(0.005);
    check('others run', $n > 0 && $n < 1_000_000);
    $n = 1_000_000;
});

// Writing.
[$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
stream_set_blocking($b, false);
$much = str_repeat('0123456789', 200_000);
$got = '';
Event::add($a, static function ($a) { check('the answer', fread($a, 100), 'thanks'); Event::del($a); });
check('all at once', Event::write($a, $much), true);
Event::add($b, static function ($b) use (&$got, $much) {
    $got .= fread($b, 65536);
    if (strlen($got) === strlen($much)) { check('all of it came', $got === $much); Event::write($b, 'thanks'); Event::del($b); }
});
check('not to somebody else', [@Event::write(STDERR, 'x'), @Event::write($a, '')], [false, false]);
Event::wait();

// The program decides.
$asked = 0;
Co::set(['exit_condition' => static function () use (&$asked) { if (++$asked === 2) { Timer::after(1, static function () {}); } return $asked > 2; }]);
Timer::after(1, static function () {});
Event::defer(static function () { Timer::after(3, static function () {}); });
Process::signal(SIGALRM, static function () {});
exec('(sleep 0.02; kill -ALRM ' . getmypid() . ') >/dev/null 2>&1 &');
Event::wait();
Process::signal(SIGALRM, null);
check('it was asked until it agreed', $asked, 3);
Co::set(['exit_condition' => null]);

// Timers: what is known of one while it is called; a million that share a callable.
Co\run(static function () {
    $own = Timer::tick(1, static function (int $id) use (&$own) {
        check('the same', $id, $own);
        check('while it is called', [Timer::info($id)['removed'], Timer::clear($id), Timer::info($id)['removed'], Timer::exists($id), Timer::clear($id)], [false, true, true, false, false]);
    });
});
$call = static function () {};
$start = hrtime(true);
$ids = [];
for ($i = 0; $i < 200_000; $i++) { $ids[] = Timer::after(1_000_000 + $i, $call); }
foreach ($ids as $id) { Timer::clear($id); }
check('they are gone', [Timer::stats()['num'], count(iterator_to_array(Timer::list()))], [0, 0]);
check('quickly', hrtime(true) - $start < patience(2) * 1e9);
Event::wait();
?>
--EXPECT--
ok: no loop
ok: the first does not wait, each other for something
ok: and to the end
ok: none to take away
ok: in order
ok: others run
ok: all at once
ok: not to somebody else
ok: all of it came
ok: the answer
ok: it was asked until it agreed
ok: the same
ok: while it is called
ok: they are gone
ok: quickly
