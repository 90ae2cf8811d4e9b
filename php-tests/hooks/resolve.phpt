--TEST--
PHP's functions look names up on a thread; others run meanwhile
--EXTENSIONS--
highper
--FILE--
<?php
use Swoole\Coroutine as Co;
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;

Co\run(static function () {
    $seen = 0;
    $watches = true;
    go(static function () use (&$seen, &$watches) { while ($watches) { $seen = max($seen, Co::stats()['aio_task_num']); usleep(50); } });
    check('gethostbyname()', gethostbyname('localhost'), '127.0.0.1');
    check('gethostbynamel()', in_array('127.0.0.1', gethostbynamel('localhost'), true));
    check('what has no address', gethostbyname('nowhere.invalid'), 'nowhere.invalid');
    check('others saw it', $seen > 0);
    $server = stream_socket_server('tcp://127.0.0.1:0');
    $port = (int) explode(':', stream_socket_get_name($server, false))[1];
    check('fsockopen()', is_resource(fsockopen('localhost', $port)));
    $id = go(static function () { check('cancelled', @fsockopen('nowhere.invalid', 80), false); });
    Co::cancel($id);
    $watches = false;
});
check('outside', gethostbyname('localhost'), '127.0.0.1');
?>
--EXPECT--
ok: gethostbyname()
ok: gethostbynamel()
ok: what has no address
ok: others saw it
ok: fsockopen()
ok: cancelled
ok: outside
