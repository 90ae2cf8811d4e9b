#!/usr/local/bin/php -n
<?php

// Asks the server in this container whether it is well: exit code 0 or 1. HEALTH_PATH and PORT say where.
$port = (int) (getenv('PORT') ?: 9501);
$path = getenv('HEALTH_PATH') ?: '/health';
$line = 'no answer';
$socket = @stream_socket_client("tcp://127.0.0.1:{$port}", $code, $line, 2.0);
if ($socket !== false) {
    stream_set_timeout($socket, 2);
    fwrite($socket, "GET {$path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    $line = trim((string) fgets($socket)) ?: 'no answer';
}
$well = preg_match('~^HTTP/1\.[01] 2\d\d~', $line) === 1;
echo $well ? "ok\n" : "{$line} (port {$port}, {$path})\n";
exit($well ? 0 : 1);
