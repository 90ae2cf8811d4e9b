--TEST--
Xdebug's trace mode writes every call of coroutines that interleave
--SKIPIF--
<?php if (!is_file(ini_get("extension_dir") . "/xdebug.so")) die("skip needs the extension xdebug"); ?>
--CONFLICTS--
all
--TIMEOUT--
90
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\{Server, Workload};

$server = Server::start(Workload::server(), ini: [
    'zend_extension' => 'xdebug.so', 'xdebug.mode' => 'trace', 'xdebug.start_with_request' => 'yes', 'xdebug.log_level' => '0',
    'xdebug.output_dir' => getenv('TEST_TMP'), 'xdebug.use_compression' => '0', 'xdebug.trace_format' => '1',
    'xdebug.trace_output_name' => 'trace',
]);
check('answers', Workload::drive($server, 2000), []);
check('exit code', $server->stop(), 0);
// In the computer's format: level, number, 0 for an entry, time, memory, function.
$calls = $left = [];
foreach (file(getenv('TEST_TMP') . '/trace.xt') as $line) {
    $fields = explode("\t", $line);
    if (($fields[2] ?? '') === '0') {
        $calls[$fields[5]] = ($calls[$fields[5]] ?? 0) + 1;
        $left[$fields[1]] = true;
    } elseif (($fields[2] ?? '') === '1') {
        unset($left[$fields[1]]);
    }
}
check('work()', $calls['work'] ?? 0, 1980);
check('fails()', $calls['fails'] ?? 0, 1980);
check('Doubling->run()', $calls['Doubling->run'] ?? 0, 3 * 1980);
check('sleeps', ($calls['Swoole\Coroutine::sleep'] ?? 0) >= 6 * 1980);
check('who was entered was left', count($left) < 50);
--EXPECT--
ok: answers
ok: exit code
ok: work()
ok: fails()
ok: Doubling->run()
ok: sleeps
ok: who was entered was left
