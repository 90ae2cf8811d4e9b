--TEST--
Db: MySQL's caching_sha2_password without TLS: the password goes sealed by the server's RSA key
--EXTENSIONS--
highper
openssl
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function Highper\{async, scope};
use function HighperTest\check;
use Highper\Db;

$key = openssl_pkey_new(['private_key_bits' => 2048]);
$public = openssl_pkey_get_details($key)['key'];
$packet = fn (int $number, string $payload): string => substr(pack('V', strlen($payload)), 0, 3) . chr($number) . $payload;
$scramble = 'abcdefgh' . 'ijklmnopqrst';
$greeting = "\x0a8.4.0\0\x01\0\0\0abcdefgh\0\xff\xf7\x2d\x02\0\xff\xdf\x15\0\0\0\0\0\0\0\0\0\0ijklmnopqrst\0caching_sha2_password\0";
$ok = "\0\0\0\x02\0\0\0";
$error = function (callable $do): string { try { return (string) $do(); } catch (Throwable $e) { return $e::class . ' ' . preg_replace('~127.0.0.1:\d+~', 'HOST', $e->getMessage()); } };
/** Reads a packet's payload. */
$read = function ($connection): string {
    $head = fread($connection, 4);
    return strlen($head) < 4 ? '' : (string) stream_get_contents($connection, ord($head[0]) | ord($head[1]) << 8);
};
$log = [];
$listener = stream_socket_server('tcp://127.0.0.1:0');
$port = (int) substr(strrchr(stream_socket_get_name($listener, false), ':'), 1);
try {
    scope(function () use ($listener, $port, $packet, $greeting, $ok, $read, $public, $key, $scramble, $error, &$log) {
        $gives = "\x01{$public}";
        async(function () use ($listener, $packet, $greeting, $ok, $read, $key, $scramble, &$log, &$gives) {
            while ($connection = @stream_socket_accept($listener, 30)) {
                fwrite($connection, $packet(0, $greeting));
                $read($connection);
                fwrite($connection, $packet(2, "\x01\x04"));
                $log[] = bin2hex($read($connection));
                fwrite($connection, $packet(4, $gives));
                $sealed = $read($connection);
                if (openssl_private_decrypt($sealed, $plain, $key, OPENSSL_PKCS1_OAEP_PADDING)) {
                    $log[] = $plain ^ str_pad('', strlen($plain), $scramble);
                    fwrite($connection, $packet(6, $ok));
                    // SET NAMES and the like, then the statement.
                    while ($read($connection) !== '') { fwrite($connection, $packet(1, "\0\x05\0\x02\0\0\0")); }
                }
                fclose($connection);
            }
        });
        check('logged in', $error(fn () => (new Db("mysql://ann:sec%20ret@127.0.0.1:{$port}/x"))->execute('UPDATE t SET a = 1')), '5');
        check('the key was asked for, and the password was sealed', $log, ['02', "sec ret\0"]);
        $long = str_repeat('long', 20);
        $log = [];
        $error(fn () => (new Db("mysql://ann:{$long}@127.0.0.1:{$port}/x"))->execute('UPDATE t SET a = 1'));
        check('longer than the scramble', $log[1], "{$long}\0");
        foreach (["\x01no key", "\x01-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n"] as $gives) {
            echo $error(fn () => (new Db("mysql://ann:secret@127.0.0.1:{$port}/x"))->execute('UPDATE t SET a = 1')), "\n";
        }
        throw new LogicException('over');
    });
} catch (LogicException $e) {
    echo $e->getMessage(), "\n";
}
?>
--EXPECT--
ok: logged in
ok: the key was asked for, and the password was sealed
ok: longer than the scramble
Highper\Db\ConnectionException [28000] cannot connect to mysql://ann@HOST/x: the server wants the password once, and gives no RSA key to hide it with: set ssl to 'require', in: UPDATE t SET a = ?
Highper\Db\ConnectionException [28000] cannot connect to mysql://ann@HOST/x: the server wants the password once, and gives no RSA key to hide it with: set ssl to 'require', in: UPDATE t SET a = ?
over
