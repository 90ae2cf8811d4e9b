--TEST--
WebSocket\Frame and CloseFrame: pack, unpack, __toString, what can't be packed
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use Swoole\WebSocket\{CloseFrame, Frame, Server};

$frame = new Frame();
check('as new', get_object_vars($frame), ['fd' => 0, 'data' => '', 'opcode' => 1, 'flags' => 1, 'finish' => null]);
check('a close frame as new', get_object_vars(new CloseFrame()) == ['fd' => 0, 'data' => '', 'opcode' => 8, 'flags' => 1, 'finish' => null, 'code' => 1000, 'reason' => '']);
$frame->data = 'hi';
check('as a string', bin2hex((string) $frame), '81026869');
$frame->finish = false;
check('not the last', bin2hex(Frame::pack($frame)), '01026869');
check('the arguments', bin2hex(Server::pack('hi', WEBSOCKET_OPCODE_BINARY, 0)), '02026869');
foreach ([0, 1, 125, 126, 65535, 65536, 200_000] as $length) {
    foreach ([SWOOLE_WEBSOCKET_FLAG_FIN, SWOOLE_WEBSOCKET_FLAG_FIN | SWOOLE_WEBSOCKET_FLAG_MASK, SWOOLE_WEBSOCKET_FLAG_FIN | SWOOLE_WEBSOCKET_FLAG_COMPRESS] as $flags) {
        $data = substr(str_repeat(random_bytes(1000), 201), 0, $length);
        $back = Frame::unpack(Frame::pack($data, WEBSOCKET_OPCODE_BINARY, $flags));
        if ($back->data !== $data || $back->opcode !== 2 || $back->finish !== true || ($flags === 33) !== (bool) ($back->flags & 32)) {
            echo "WRONG: {$length} bytes with {$flags}: {$back->flags}\n";
        }
    }
}
check('masked otherwise each time', Frame::pack('hello', 1, 33) !== Frame::pack('hello', 1, 33));
check('compressed', Frame::unpack(Frame::pack('a', 1, 3))->flags, 1 | 2 | 4);
$close = new CloseFrame();
$close->code = 4000;
$close->reason = 'so long';
$back = Server::unpack((string) $close);
check('a close frame', [$back::class, $back->code, $back->reason, $back->opcode], [CloseFrame::class, 4000, 'so long', 8]);
class Mine extends Frame
{
    public $extra = 1;
}
$mine = new Mine();
$mine->data = 'mine';
$mine->opcode = 2;
unset($mine->flags);
check('a frame of one\'s own', bin2hex(@Frame::pack($mine)), '02046d696e65');
foreach (['' => '', "\x81" => '', "\x81\x05hi" => 'incomplete packet', "\xc1\x01\xff" => "its payload can't be unpacked"] as $bytes => $why) {
    error_clear_last();
    check(bin2hex($bytes), [@Frame::unpack($bytes), swoole_last_error(), error_get_last()['message'] ?? ''], [false, SWOOLE_ERROR_PROTOCOL_ERROR, $why === '' ? '' : "Swoole\\WebSocket\\Frame::unpack(): the frame can't be unpacked: {$why}"]);
}
foreach ([11, -1] as $opcode) {
    check("opcode {$opcode}", [@Frame::pack('', $opcode), error_get_last()['message']], ['', 'Swoole\WebSocket\Frame::pack(): the maximum value of opcode is 10']);
}
$odd = Frame::unpack(Frame::pack(str_repeat('x', 300), 5, 1));
check('what nobody would take can be packed', [$odd->opcode, strlen($odd->data), strlen(Frame::unpack(Frame::pack(str_repeat('x', 300), 9))->data)], [5, 300, 300]);
$close->reason = str_repeat('x', 126);
check('a reason too long', [@Frame::pack($close), error_get_last()['message']], ['', 'Swoole\WebSocket\Frame::pack(): the max length of close reason is 125']);
check('no server', [@(new Server('127.0.0.1', 0))->push(1, 'x'), error_get_last()['message']], [false, 'Swoole\WebSocket\Server::push(): server is not running']);
try {
    Frame::pack(new stdClass());
} catch (Throwable $e) {
    check('no text', $e->getMessage(), 'Object of class stdClass could not be converted to string');
}
?>
--EXPECT--
ok: as new
ok: a close frame as new
ok: as a string
ok: not the last
ok: the arguments
ok: masked otherwise each time
ok: compressed
ok: a close frame
ok: a frame of one's own
ok: 
ok: 81
ok: 81056869
ok: c101ff
ok: opcode 11
ok: opcode -1
ok: what nobody would take can be packed
ok: a reason too long
ok: no server
ok: no text
