--TEST--
Redis\Client: a child has connections of its own, and leaves those of its parent alone
--EXTENSIONS--
highper
pcntl
posix
--SKIPIF--
<?php require __DIR__ . '/../lib/test.php'; echo HighperTest\Daemon::missing('redis-server'); ?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function Highper\scope;
use function HighperTest\{check, temp_path};
use Highper\Redis\Client;

$server = HighperTest\Daemon::redis();
$redis = new Client("unix://{$server->socket}");
$own = $redis->command('CLIENT ID');
// Those of a loop, too, which is over.
scope(fn () => $redis->set('k', 1));
$child = pcntl_fork();
if ($child === 0) {
    file_put_contents(temp_path('said'), $redis->command('CLIENT ID') !== $own && $redis->incr('k') === 2 ? 'another' : 'the same');
    $redis->disconnect();
    unset($redis);
    // Not exit(): that would end the server.
    posix_kill(posix_getpid(), SIGKILL);
}
pcntl_waitpid($child, $status);
check('a child', [file_get_contents(temp_path('said')), $redis->command('CLIENT ID'), $redis->incr('k')], ['another', $own, 3]);
scope(fn () => check('in a loop', [$redis->get('k'), $redis->stats()['made']], ['3', 2]));
?>
--EXPECT--
ok: a child
ok: in a loop
