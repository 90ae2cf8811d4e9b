--TEST--
Swoole\Event::add: callbacks for reading and writing, changed, taken away, and gone with the loop
--FILE--
<?php
use Swoole\Event;

[$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
$fd = Event::add($a, function ($stream) use ($a) {
    $text = fread($stream, 100);
    echo 'read ', var_export($text, true), ' ', $stream === $a ? 'same' : 'other', "\n";
    if ($text === '') {
        Event::del($stream);
    }
});
var_dump(is_int($fd), Event::isset($a), Event::isset($a, SWOOLE_EVENT_WRITE), Event::isset($b));
$count = 0;
Event::add($b, null, function ($stream) use (&$count) {
    fwrite($stream, 'n' . ++$count);
    Co::sleep(0.005);
    if ($count === 1) {
        Event::del($stream);
        fclose($stream);
    }
}, SWOOLE_EVENT_WRITE);
Event::set($b, null, function ($stream) {
    fwrite($stream, 'only once');
    Event::del($stream);
    fclose($stream);
}, SWOOLE_EVENT_WRITE);
Event::wait();
var_dump($count, Event::isset($a));

var_dump(Event::add($a, fn () => null), Event::add($a, fn () => null));
Event::del($a);
var_dump(Event::add('nothing', fn () => null));
var_dump(Event::add(99999, fn () => null));
Event::wait();
?>
--EXPECTF--
bool(true)
bool(true)
bool(false)
bool(false)
read 'only once' same
read '' same
int(0)
bool(false)

Warning: Swoole\Event::add(): already exist in %s on line %d
int(%d)
bool(false)

Warning: Swoole\Event::add(): unknown fd type in %s on line %d
bool(false)

Warning: Swoole\Event::add(): swoole_event_add failed: Bad file descriptor (os error 9) in %s on line %d
bool(false)
