<?php

declare(strict_types=1);

// A server of its own process that says nothing until it is told to, by a line to its standard input; from then on it answers at once. It prints its
// port. Arguments: what ends a question, and the answer, both as in PHP's double quotes.
[, $end, $answer] = array_map(stripcslashes(...), $argv);
$listener = stream_socket_server('tcp://127.0.0.1:0');
echo substr(strrchr(stream_socket_get_name($listener, false), ':'), 1), "\n";
$peers = $asked = $owed = [];
$holds = true;
while (true) {
    $ready = [STDIN, $listener, ...$peers];
    $none = null;
    if (!stream_select($ready, $none, $none, null)) {
        exit;
    }
    foreach ($ready as $one) {
        if ($one === STDIN) {
            if (fgets(STDIN) === false) {
                exit;
            }
            $holds = false;
            continue;
        }
        if ($one === $listener) {
            $peer = stream_socket_accept($listener);
            $peers[(int) $peer] = $peer;
            $asked[(int) $peer] = '';
            $owed[(int) $peer] = 0;
            continue;
        }
        $id = (int) $one;
        $data = fread($one, 65536);
        if ($data === '' || $data === false) {
            unset($peers[$id]);
            fclose($one);
            continue;
        }
        $parts = explode($end, $asked[$id] . $data);
        $asked[$id] = array_pop($parts);
        $owed[$id] += count($parts);
    }
    foreach ($holds ? [] : $peers as $id => $peer) {
        if ($owed[$id] > 0) {
            fwrite($peer, str_repeat($answer, $owed[$id]));
            $owed[$id] = 0;
        }
    }
}
