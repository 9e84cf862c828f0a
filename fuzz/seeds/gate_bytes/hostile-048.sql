SELECT /* ; */ 1 /* /* nested */ */
