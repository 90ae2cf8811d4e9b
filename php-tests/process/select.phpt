--TEST--
swoole_select(): processes, streams and descriptors; in a coroutine without holding up the others
--FILE--
<?php
use Swoole\{Coroutine as Co, Process};
use function Swoole\Coroutine\run;

$first = new Process(function (Process $own) { $own->write('hello'); });
$second = new Process(function (Process $own) { $own->read(); });
$first->start();
$second->start();
$read = ['a' => $first, 'b' => $second];
$write = [$second];
$except = null;
var_dump(swoole_select($read, $write, $except, 5.0) >= 1, count($write));
while (!isset($read['a'])) { $read = ['a' => $first, 'b' => $second]; $write = []; swoole_select($read, $write, $except, 5.0); }
var_dump(array_keys($read), $first->read());
$read = ['a' => $first, 'b' => $second];
$write = [];
var_dump(swoole_client_select($read, $write, $except, 0.01), $read);
[$one, $two] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
run(function () use ($one, $two) {
    go(function () use ($two) { Co::sleep(0.02); fwrite($two, 'x'); });
    $read = [$one];
    $write = $except = [];
    var_dump(swoole_select($read, $write, $except, 5.0), count($read));
});
$second->write('end');
Process::wait();
Process::wait();
$read = $write = $except = [];
var_dump(swoole_select($read, $write, $except));
$text = 'no array';
try { swoole_select($text, $write, $except); } catch (TypeError $e) { echo $e->getMessage(), "\n"; }
?>
--EXPECTF--
bool(true)
int(1)
array(1) {
  [0]=>
  string(1) "a"
}
string(5) "hello"
int(0)
array(0) {
}
int(1)
int(1)

Warning: swoole_select(): no resource arrays were passed to select in %s on line %d
bool(false)
swoole_select(): Argument #1 ($read) must be of type ?array, string given
