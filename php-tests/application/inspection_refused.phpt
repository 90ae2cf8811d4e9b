--TEST--
Highper\inspect(): only root and the worker's own user are answered; a worker that was asked by others serves on
--SKIPIF--
<?php
if (posix_geteuid() !== 0) { echo 'skip needs root, to become somebody else'; }
?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\Server;

$server = Server::start(<<<'PHP'
    <?php
    $server = new Swoole\Http\Server('127.0.0.1', (int) $argv[1], SWOOLE_BASE);
    $server->set(['worker_num' => 1, 'user' => 'nobody', 'group' => 'nogroup', 'log_level' => SWOOLE_LOG_ERROR]);
    $server->on('request', fn ($request, $response) => $response->end((string) getmypid()));
    $server->start();
    PHP);
$pid = (int) $server->get('/pid')->body;
preg_match('/^Uid:\s+(\d+)/m', file_get_contents("/proc/{$pid}/status"), $found);
check('its user', (int) $found[1], posix_getpwnam('nobody')['uid']);
chmod(dirname(HighperTest\temp_path('x')), 0755);
/** What one of this user is told. */
$asks = function (string $user) use ($pid): string {
    $asking = Server::start(<<<'PHP'
        <?php
        [, , $user, $pid] = $argv;
        $who = posix_getpwnam($user);
        posix_setgid($who['gid']) && posix_setuid($who['uid']);
        echo Highper\inspect((int) $pid);
        PHP, [$user, (string) $pid], wait: false);
    $asking->waitForEnd();
    return $asking->log();
};
check('root', $asks('root'), "0 coroutines\n");
check('the same user', $asks('nobody'), "0 coroutines\n");
check('somebody else', $asks('daemon'), "only root and the worker's own user may ask\n");
check('it serves on', (int) $server->get('/pid')->body, $pid);
check('ends', $server->stop(), 0);
?>
--EXPECT--
ok: its user
ok: root
ok: the same user
ok: somebody else
ok: it serves on
ok: ends
