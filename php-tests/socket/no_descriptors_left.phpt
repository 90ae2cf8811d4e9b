--TEST--
Without a free descriptor a socket is an exception, and the end of the script needs none
--EXTENSIONS--
highper
posix
--INI--
error_reporting=E_ALL & ~E_DEPRECATED
--FILE--
<?php
use Swoole\Coroutine\Socket;

posix_setrlimit(POSIX_RLIMIT_NOFILE, 40, 40) || exit("no limit set\n");
try {
    for ($i = 0; $i < 50; $i++) {
        $sockets[] = new Socket(AF_INET, SOCK_STREAM, IPPROTO_IP);
    }
    echo "never here\n";
} catch (Socket\Exception $exception) {
    var_dump($exception->getCode() === 24, $exception->getMessage());
}
?>
--SKIPIF--
<?php if (!function_exists('posix_setrlimit')) { echo 'skip'; }
--EXPECT--
bool(true)
string(52) "new Socket() failed. Error: Too many open files [24]"
