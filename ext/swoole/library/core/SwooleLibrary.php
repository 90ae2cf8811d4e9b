<?php

declare(strict_types=1);

/** What the swoole_library_* functions keep. */
class SwooleLibrary
{
    /** @var array<string, mixed> */
    public static array $options = [];

    public static bool $remote_object_server_initiated = false;

    public static string $remote_object_server_socket_file = '';
}
