--TEST--
Excimer samples coroutines that interleave
--SKIPIF--
<?php if (!is_file(ini_get("extension_dir") . "/excimer.so")) die("skip needs the extension excimer"); ?>
--CONFLICTS--
all
--TIMEOUT--
90
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\{Server, Workload};

$file = getenv('TEST_TMP') . '/samples.json';
$server = Server::start(
    Workload::server(after: '
        $http->on("workerStart", function () {
            $GLOBALS["profiler"] = $p = new ExcimerProfiler;
            $p->setPeriod(0.001);
            $p->setEventType(EXCIMER_REAL);
            $p->start();
        });
        $http->on("workerStop", function () {
            $GLOBALS["profiler"]->stop();
            // A tick that is under way takes a lock of Excimer\'s, which is gone once PHP ends.
            usleep(50_000);
            file_put_contents(' . var_export($file, true) . ', json_encode($GLOBALS["profiler"]->getLog()->aggregateByFunction()));
        });'),
    ini: ['extension' => 'excimer.so'],
);
check('answers', Workload::drive($server, 6000), []);
check('exit code', $server->stop(), 0);
$functions = json_decode((string) @file_get_contents($file), true) ?: [];
check('samples of work()', ($functions['work']['inclusive'] ?? 0) > 5);
check('and of what it calls', count($functions) > 4);
check('nothing else', Workload::complaints($server), '');
--EXPECT--
ok: answers
ok: exit code
ok: samples of work()
ok: and of what it calls
ok: nothing else
