--TEST--
Beanstalk\Client: jobs put, reserved, finished, put aside, looked at; tubes, priorities, delays; many coroutines; what goes wrong; a server that dies
--SKIPIF--
<?php require __DIR__ . '/../lib/test.php'; echo HighperTest\Daemon::missing('beanstalkd'); ?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function Highper\{async, await, scope, timeout};
use function HighperTest\{check, free_port, wait_until};
use Highper\Beanstalk\Client;

$start = fn (int $port) => HighperTest\Daemon::start([HighperTest\Daemon::find('beanstalkd'), '-l', '127.0.0.1', '-p', (string) $port, '-z', '100000'], "127.0.0.1:{$port}");
$port = free_port();
$server = $start($port);
$url = "beanstalk://127.0.0.1:{$port}";
$error = function (callable $do): string { try { $do(); return 'nothing'; } catch (Throwable $e) { return $e::class . ' ' . preg_replace(['~127.0.0.1:\d+~', '~ \(os error \d+\)~', '~within [\d.]+ s~', '~job \d+~', '~the server has closed the connection|Connection reset by peer|Broken pipe~', '~/\S+/~'], ['HOST', '', 'in time', 'job N', 'GONE', ''], $e->getMessage()); } };

function all(Client $jobs, string $what): void
{
    $id = $jobs->put('hello', $what);
    $job = $jobs->reserve($what);
    check("{$what}: put and reserved", [$job->id, $job->data, $job->isReserved(), $job->stats()['state'], $job->stats()['tube']], [$id, 'hello', true, 'reserved', $what]);
    check("{$what}: touched, deleted", [$job->touch(), $job->delete(), $job->isReserved(), $job->stats(), $jobs->peek($id)], [true, true, false, null, null]);
    $jobs->put("\r\n\0DELETED\r\n", $what);
    $jobs->put(['to' => 'ann', 'n' => 1.5], $what, priority: 5);
    [$first, $second] = [$jobs->reserve($what, 0), $jobs->reserve($what, 0)];
    check("{$what}: the urgent one first, JSON, bytes", [$first->json(), $second->data, $jobs->reserve($what, 0)], [['to' => 'ann', 'n' => 1.5], "\r\n\0DELETED\r\n", null]);
    check("{$what}: released, put aside", [$first->release(), $second->bury(3), $jobs->peekReady($what)->id, $jobs->peekBuried($what)->id, $jobs->peekDelayed($what)], [true, true, $first->id, $second->id, null]);
    $seen = $jobs->peekBuried($what);
    check("{$what}: kicked", [$seen->kick(), $seen->kick(), $jobs->tubeStats($what)['current-jobs-ready'], $seen->isReserved()], [true, false, '2', false]);
    $delayed = $jobs->put('later', $what, delay: 100);
    check("{$what}: delayed", [$jobs->peekDelayed($what)->id, $jobs->peek($delayed)->stats()['state'], $jobs->kick(10, $what), $jobs->peekDelayed($what)], [$delayed, 'delayed', 1, null]);
    check("{$what}: deleted unseen", [$jobs->delete($delayed), $jobs->delete($delayed), $jobs->peekReady($what)->delete(), $jobs->peekReady($what)->delete(), $jobs->peekReady($what)], [true, false, true, true, null]);
    $a = $jobs->put('a', "{$what}.a");
    $b = $jobs->put('b', "{$what}.b", priority: 1);
    $both = $jobs->reserve(["{$what}.a", "{$what}.b"], 5);
    $none = $jobs->reserve($what, 0);
    $one = $jobs->reserve("{$what}.a", 5);
    check("{$what}: of two tubes, of another, of one", [$both->id, $none, $one->id], [$b, null, $a]);
    $tubes = $jobs->tubes();
    check("{$what}: tubes", [in_array('default', $tubes, true), in_array("{$what}.a", $tubes, true), $jobs->tubeStats("{$what}.none"), $jobs->pause("{$what}.a", 0), $jobs->pause("{$what}.none", 1)], [true, true, null, true, false]);
    $both->delete();
    unset($one);
    check("{$what}: one that is let go belongs to others", ($again = $jobs->reserve("{$what}.a", 5))->id, $a);
    $again->delete();
    check("{$what}: the server", [(int) $jobs->serverStats()['total-jobs'] > 3, (bool) $jobs->serverStats()['version']], [true, true]);
}

all(new Client($url), 'alone');
scope(function () use ($url, $port, $error, $server) {
    all($jobs = new Client(['host' => '127.0.0.1', 'port' => $port, 'pool' => ['max' => 8]]), 'in-a-coroutine');
    // Producers and workers at the same time: each job is done once.
    $done = new ArrayObject();
    $workers = array_map(fn () => async(function () use ($jobs, $done) { while ($job = $jobs->reserve('many', 5)) { $data = $job->data; if ($data === 'end') { $job->delete(); return; } Co::sleep(0.001); $done[] = $data; $job->delete(); } }), range(1, 4));
    $producers = array_map(fn (int $i) => async(function () use ($jobs, $i) { for ($n = 0; $n < 10; $n++) { $jobs->put("{$i}:{$n}", 'many'); } }), range(1, 20));
    array_map(await(...), $producers);
    foreach ($workers as $_) { $jobs->put('end', 'many', priority: 99999); }
    array_map(await(...), $workers);
    check('each job is done once', [count($done), count(array_unique((array) $done)), $jobs->stats()['taken'], $jobs->stats()['idle'] <= 8, $jobs->tubeStats('many')['current-jobs-ready'] ?? '0'], [200, 200, 0, true, '0']);

    // A wait for a job holds up nobody, ends with its job, its time, or the coroutine's.
    $waiting = async(fn () => $jobs->reserve('slow'));
    Co::sleep(0.01);
    $jobs->put('at last', 'slow');
    $job = await($waiting);
    check('waited for', [$job->data, $job->delete()], ['at last', true]);
    $begun = hrtime(true);
    check('in vain', [$jobs->reserve('slow', 0.5), (hrtime(true) - $begun) / 1e9 > 0.3], [null, true]);
    echo $error(fn () => timeout(0.05, fn () => $jobs->reserve('slow'))), "\n";
    echo $error(fn () => scope(function () use ($jobs) { async(fn () => $jobs->reserve('slow')); async(function () { Co::sleep(0.01); throw new LogicException('other'); }); })), "\n";
    $jobs->put('kept', 'slow');
    check('a wait that was given up takes no job', ($job = $jobs->reserve('slow', 5))->data, 'kept');
    $job->delete();

    $held = new ArrayObject();
    $small = new Client("{$url}?pool.max=2&pool.wait=0.02");
    foreach ([1, 2, 3] as $_) { $jobs->put('x', 'few'); }
    $job = null;
    foreach ([
        function () use ($small, $held) { foreach ([1, 2, 3] as $_) { $held[] = $small->reserve('few', 0); } },
        fn () => $jobs->put(str_repeat('x', 100_001)),
        fn () => $jobs->put('x', "a b\r\n"),
        fn () => $jobs->put('x', ''),
        fn () => $jobs->put('x', delay: -1),
        fn () => $jobs->put('x', priority: -1),
        fn () => $jobs->put('x', ttr: 0),
        fn () => $jobs->put(NAN),
        fn () => $jobs->reserve([]),
        fn () => $jobs->reserve('-x'),
        fn () => $jobs->delete(-1),
        fn () => $held[0]->delete() && $held[0]->delete(),
        fn () => $jobs->peekReady('few')->touch(),
        fn () => $jobs->peekReady('few')->json(),
        fn () => new Highper\Beanstalk\Job(),
        fn () => (new Client('beanstalk://127.0.0.1:1'))->put('x'),
        fn () => new Client('redis://x'),
        fn () => new Client(['host' => 'a', 'colour' => 1]),
        fn () => (new Client("{$url}"))->__construct($url),
    ] as $do) {
        echo $error($do), "\n";
    }
    $held->exchangeArray([]);
    check('still good', [$jobs->put('x', 'good') > 0, $jobs->reserve('good', 5)->delete()], [true, true]);
    $server->signal(SIGSTOP);
    $quick = new Client("{$url}?timeout=0.05");
    echo $error(fn () => $quick->put('x', 'stopped')), "\n";
    $server->signal(SIGCONT);
    check('a connection that was late is not used again', $quick->put('y', 'good') > 0);
    $job = $jobs->reserve('good', 5);
    $listening = async(fn () => $error(fn () => $jobs->reserve('slow')));
    wait_until(fn () => $jobs->serverStats()['current-waiting'] === '1', 'one that waits');
    $server->signal(SIGKILL);
    echo await($listening), "\n", $error(fn () => $job->delete()), "\n";
    check('it keeps no connection', $jobs->stats()['taken'], 0);
});
unset($server);
scope(function () use ($url, $port, $start, $error) {
    $jobs = new Client($url);
    echo $error(fn () => $jobs->put('x')), "\n";
    $again = $start($port);
    check('back', $jobs->put('x') > 0);
    unset($again);
    $again = $start($port);
    check('replaced unnoticed', $jobs->put('x') > 0);
    // Garbage.
    $listener = stream_socket_server('tcp://127.0.0.1:0');
    async(function () use ($listener) { $peer = stream_socket_accept($listener); fgets($peer); fgets($peer); fwrite($peer, "HTTP/1.1 400 Bad Request\r\n\r\n"); });
    echo $error(fn () => (new Client('beanstalk://' . stream_socket_get_name($listener, false)))->put('x')), "\n";
});
?>
--EXPECT--
ok: alone: put and reserved
ok: alone: touched, deleted
ok: alone: the urgent one first, JSON, bytes
ok: alone: released, put aside
ok: alone: kicked
ok: alone: delayed
ok: alone: deleted unseen
ok: alone: of two tubes, of another, of one
ok: alone: tubes
ok: alone: one that is let go belongs to others
ok: alone: the server
ok: in-a-coroutine: put and reserved
ok: in-a-coroutine: touched, deleted
ok: in-a-coroutine: the urgent one first, JSON, bytes
ok: in-a-coroutine: released, put aside
ok: in-a-coroutine: kicked
ok: in-a-coroutine: delayed
ok: in-a-coroutine: deleted unseen
ok: in-a-coroutine: of two tubes, of another, of one
ok: in-a-coroutine: tubes
ok: in-a-coroutine: one that is let go belongs to others
ok: in-a-coroutine: the server
ok: each job is done once
ok: waited for
ok: in vain
Highper\DeadlineException the time for this is over
LogicException other
ok: a wait that was given up takes no job
Highper\Beanstalk\BeanstalkException no connection to beanstalkd at HOST: none of the 2 became free in time; coroutine 1 has had one the longest, taken at client.phpt.php:75; pool.max is how many there are (a reserved job keeps one), pool.wait how long one waits
Highper\Beanstalk\BeanstalkException beanstalkd at HOST: JOB_TOO_BIG: the job is larger than the server takes (beanstalkd -z)
Highper\Beanstalk\BeanstalkException a tube's name has 1 to 200 letters, digits and -+/;.$_(), and does not begin with -; "a b\r\n" given
Highper\Beanstalk\BeanstalkException a tube's name has 1 to 200 letters, digits and -+/;.$_(), and does not begin with -; "" given
ValueError Highper\Beanstalk\Client::put(): Argument #3 ($delay) must be from 0 to 4294967295 seconds
ValueError Highper\Beanstalk\Client::put(): Argument #4 ($priority) must be from 0 to 4294967295
ValueError Highper\Beanstalk\Client::put(): Argument #5 ($ttr) must be from 1 to 4294967295 seconds
JsonException Inf and NaN cannot be JSON encoded
Highper\Beanstalk\BeanstalkException name one tube at least
Highper\Beanstalk\BeanstalkException a tube's name has 1 to 200 letters, digits and -+/;.$_(), and does not begin with -; "-x" given
ValueError Highper\Beanstalk\Client::delete(): Argument #1 ($id) must be the number of a job
Highper\Beanstalk\BeanstalkException job N is finished, or another coroutine is about to finish it
Highper\Beanstalk\BeanstalkException job N was only looked at: only one that reserve() has given can be released, buried and touched
Highper\Beanstalk\BeanstalkException job N is no JSON
Error The object of Highper\Beanstalk\Job can not be created for security reasons
Highper\Beanstalk\ConnectionException cannot connect to beanstalkd at HOST: Connection refused
Highper\Beanstalk\BeanstalkException there is no scheme 'redis'; there are beanstalk and unix
Highper\Beanstalk\BeanstalkException there is no setting 'colour'; there are url, host, port, socket, connect_timeout, timeout, and pool with max, min, wait, queue, idle, lifetime
Highper\Beanstalk\BeanstalkException this client was opened before
ok: still good
Highper\Beanstalk\BeanstalkException it took longer than it may (timeout)
ok: a connection that was late is not used again
Highper\Beanstalk\ConnectionException beanstalkd at HOST: GONE
Highper\Beanstalk\ConnectionException beanstalkd at HOST: GONE
ok: it keeps no connection
Highper\Beanstalk\ConnectionException cannot connect to beanstalkd at HOST: Connection refused
ok: back
ok: replaced unnoticed
Highper\Beanstalk\ConnectionException beanstalkd at HOST: the server sent what is no reply of beanstalkd: "HTTP/1.1 400 Bad Request"
