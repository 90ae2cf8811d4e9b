--TEST--
Xdebug's step debugger stops all coroutines of a worker, steps in one, and goes on
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

use HighperTest\{Debugger, HttpClient};

$debugger = new Debugger;
$server = Server::start(Workload::server(), ini: $debugger->ini(), wait: false);
$session = $debugger->accept();
$file = (string) $session->init['fileuri'];
$lines = explode("\n", Workload::SERVER);
$line = 1 + key(array_filter($lines, fn ($code) => str_contains($code, '$list = range')));
$breakpoint = (string) $session->ask("breakpoint_set -t line -f {$file} -n {$line}")['id'];
$session->send('run');
$server->waitUntilItAccepts();
$clients = [];
for ($i = 1; $i <= 5; $i++) {
    $clients[$i] = new HttpClient($server->port, 20.0);
    $clients[$i]->send('GET', "/?n={$i}");
}
for ($i = 1; $i <= 5; $i++) {
    $stop = $session->receive();
    check("stop {$i}", (string) $stop['status'], 'break');
    // Time enough for the sleeps of all the others to end: none may run while one stands still.
    check('nobody else comes by', $session->hears(0.1), false);
    $stack = [];
    foreach ($session->ask('stack_get')->stack as $frame) {
        $stack[] = preg_replace('/\{.*/', '{}', $frame['where']) . ':' . ($frame['lineno'] - $line);
    }
    check('its stack', [$stack[0], preg_match('/^\{\}/', $stack[1] ?? '')], ['work:0', 1]);
    $n = $session->ask('property_get -n $n');
    check('its variable', (string) $n->property, (string) $i);
    check('a value is computed', (string) $session->ask('eval -- ' . base64_encode('$n * 10'))->property, (string) ($i * 10));
    check('a step', (string) $session->ask('step_over')['status'], 'break');
    if ($i === 5) {
        check('no more stops', (string) $session->ask("breakpoint_remove -d {$breakpoint}")->error, '');
    }
    $session->send('run');
}
foreach ($clients as $i => $client) {
    check("answer {$i}", $client->receive()->body, '118 ' . 4 * $i . ' 8 ' . $i + 1);
}
check('answers under the debugger', Workload::drive($server, 2000), []);
$session->close();
check('exit code', $server->stop(), 0);
check('nothing else', preg_match('/Fatal error(?!.*purpose)|Segmentation|Warning/', Workload::complaints($server)), 0);
--EXPECT--
ok: stop 1
ok: nobody else comes by
ok: its stack
ok: its variable
ok: a value is computed
ok: a step
ok: stop 2
ok: nobody else comes by
ok: its stack
ok: its variable
ok: a value is computed
ok: a step
ok: stop 3
ok: nobody else comes by
ok: its stack
ok: its variable
ok: a value is computed
ok: a step
ok: stop 4
ok: nobody else comes by
ok: its stack
ok: its variable
ok: a value is computed
ok: a step
ok: stop 5
ok: nobody else comes by
ok: its stack
ok: its variable
ok: a value is computed
ok: a step
ok: no more stops
ok: answer 1
ok: answer 2
ok: answer 3
ok: answer 4
ok: answer 5
ok: answers under the debugger
ok: exit code
ok: nothing else
