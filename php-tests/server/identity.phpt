--TEST--
user, group and chroot: workers, task workers and the process in front have them, the manager keeps its own; what can't be had keeps the server from starting
--EXTENSIONS--
posix
--SKIPIF--
<?php
if (posix_geteuid() !== 0) {
    die('skip only root may change them');
}
foreach (['nobody' => posix_getpwnam(...), 'nogroup' => posix_getgrnam(...)] as $name => $find) {
    if ($find($name) === false) {
        die("skip there is no {$name}");
    }
}
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path};
use HighperTest\Server;

$code = <<<'PHP'
    <?php
    $here = fn () => [posix_getuid(), posix_geteuid(), posix_getgid(), array_values(array_unique(posix_getgroups())), is_file('/marker')];
    $server = new Swoole\Http\Server('127.0.0.1', (int) $argv[1], (int) $argv[2]);
    $server->set(['worker_num' => 1, 'task_worker_num' => 1] + json_decode($argv[3], true));
    $server->on('start', fn () => print('manager ' . json_encode($here()) . "\n"));
    $server->on('task', fn () => $here());
    $server->on('request', function ($request, $response) use ($server, $here) {
        $front = [];
        foreach (glob('/proc/*/status') as $file) {
            // The process in front is the one of the server that is none of the others.
            $status = (string) @file_get_contents($file);
            if (preg_match("/^PPid:\s*{$server->manager_pid}$/m", $status) && preg_match('/^Pid:\s*(\d+)$/m', $status, $pid)
                && !in_array((int) $pid[1], [$server->worker_pid, $server->getWorkerPid(1)], true)) {
                preg_match('/^Uid:\s*(\d+)/m', $status, $uid);
                $front[] = (int) $uid[1];
            }
        }
        $response->end(json_encode([$here(), $server->taskwait(1, 5), $front]));
    });
    $server->start();
    PHP;
$nobody = posix_getpwnam('nobody');
$group = posix_getgrnam('nogroup')['gid'];
$start = fn (int $mode, array $settings) => Server::start($code, [(string) $mode, json_encode($settings)]);
$as = fn (int $uid, int $gid, array $groups, bool $inside) => [$uid, $uid, $gid, $groups, $inside];
foreach (['base mode' => SWOOLE_BASE, 'process mode' => SWOOLE_PROCESS] as $name => $mode) {
    $server = $start($mode, ['user' => 'nobody', 'group' => 'nogroup']);
    $them = $as($nobody['uid'], $group, [$group], false);
    check("{$name}: user and group", json_decode($server->get('/')->body, true), [$them, $them, $mode === SWOOLE_PROCESS ? [$nobody['uid']] : []]);
    check("{$name}: the manager", str_contains($server->log(), 'manager [0,0,'));
    check("{$name}: exit code", $server->stop(), 0);
}
$server = $start(SWOOLE_BASE, ['user' => 'nobody']);
check('the group of the user', json_decode($server->get('/')->body, true)[0][2], $nobody['gid']);
$server->stop();
$server = $start(SWOOLE_BASE, ['group' => 'nogroup']);
check('a group alone', array_slice(json_decode($server->get('/')->body, true)[0], 0, 3), [0, 0, $group]);
$server->stop();

mkdir($root = temp_path('root'));
touch("{$root}/marker");
$server = $start(SWOOLE_BASE, ['chroot' => $root, 'user' => 'nobody', 'group' => 'nogroup']);
$them = $as($nobody['uid'], $group, [$group], true);
check('chroot', json_decode($server->get('/')->body, true), [$them, $them, []]);
check('exit code', $server->stop(), 0);

foreach (['user' => 'nobody-of-this-name', 'group' => 'no-such-group', 'chroot' => "{$root}/none"] as $name => $value) {
    $server = Server::start($code, [(string) SWOOLE_BASE, json_encode([$name => $value])], wait: false);
    $code_of_end = $server->waitForEnd();
    check("a wrong {$name}", $code_of_end !== 0 && str_contains($server->log(), "'{$name}'") && str_contains($server->log(), $value) ?: $server->log());
}
--EXPECT--
ok: base mode: user and group
ok: base mode: the manager
ok: base mode: exit code
ok: process mode: user and group
ok: process mode: the manager
ok: process mode: exit code
ok: the group of the user
ok: a group alone
ok: chroot
ok: exit code
ok: a wrong user
ok: a wrong group
ok: a wrong chroot
